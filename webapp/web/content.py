"""What a request sends with a command, as a digest: the same key with other content is another deed.

The digest is keyed with the server's secret: what was sent may hold a password or a phone number, and nobody
who reads the database may try which one.
"""

import hashlib
import hmac
import json
from typing import Any

from flask import current_app, request

# What a form carries besides what was typed: it differs between two drawings of one page, and says where to
# go on afterwards.
BOOKKEEPING = frozenset({"csrf_token", "command_id", "version", "next"})


def digest(*parts: Any) -> str:
    """64 characters for JSON values, whatever the order of names in them."""
    secret = str(current_app.secret_key).encode()
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def of_form() -> str:
    """That of the form of this request: where it goes, all that was typed, and each file's bytes.

    An empty input is as good as none, and line ends are as good as any: browsers and scripts send both.
    """
    typed = [
        (name, value.replace("\r\n", "\n"))
        for name, value in request.form.items(multi=True)
        if value and name not in BOOKKEEPING
    ]
    files = [(name, _of_bytes(given)) for name, given in request.files.items(multi=True) if given.filename]
    return digest(request.path, sorted(typed), sorted(files))


def _of_bytes(given: Any) -> str:
    """The digest of a file, which is left as it was found."""
    place = given.stream.tell()
    given.stream.seek(0)
    found = hashlib.file_digest(given.stream, "sha256").hexdigest()
    given.stream.seek(place)
    return found


def of_operation() -> str:
    """That of the present call of the API: what it does to what, and its body."""
    return digest(request.method, request.path, request.get_json(silent=True))
