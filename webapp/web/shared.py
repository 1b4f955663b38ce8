"""Answers that are the same for everybody: caches between may keep them, so they carry nobody's cookie.

`ops.health.QuietSessions` asks here, and leaves the cookie and "Vary: Cookie" out: the sign-in and the rate
limits look at the session of each request, but what is the same for everybody is not made different by it.
"""

from flask import g, request
from werkzeug.wrappers import Response

_MARK = "shared_answer"


def is_shared() -> bool:
    """Whether the answer of this request is the same for everybody."""
    return bool(g.get(_MARK))


def share(response: Response, seconds: int) -> Response:
    """Let caches keep the answer for so long, and answer 304 to who has it already.

    Nothing in it may depend on who asks.
    """
    setattr(g, _MARK, True)
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.add_etag()
    conditional: Response = response.make_conditional(request.environ)
    return conditional
