"""Answers that are the same for everybody: caches between may keep them, so they carry nobody's cookie."""

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response as BaseResponse

_MARK = "shared_answer"


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions, which say "Vary: Cookie" of every answer whose session was looked at.

    The sign-in and the rate limits look at it on each request; what is the same for everybody is not
    made different by that, and a shared cache would never hit.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep the cookie out of shared answers."""
        if not is_shared():
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Use the sessions that know of shared answers."""
    app.session_interface = Sessions()


def is_shared() -> bool:
    """Whether the answer of this request is the same for everybody."""
    return bool(g.get(_MARK))


def share(response: BaseResponse, seconds: int, etag: str | None = None) -> BaseResponse:
    """Let caches keep the answer for so long, and answer 304 to who has it already.

    Nothing in it may depend on who asks. ``etag`` names its state; without one it is its content's hash.
    """
    setattr(g, _MARK, True)
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.set_etag(etag) if etag is not None else response.add_etag()
    conditional: BaseResponse = response.make_conditional(request.environ)
    return conditional
