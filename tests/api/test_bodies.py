"""Bodies that are made to hurt: refused in a time that grows with their length and no faster."""

import pytest

from tests.api.caller import Caller, Programs

HEADERS = {"Content-Type": "application/json"}
MOST = 1_000_000  # bytes; a little less than is taken


@pytest.mark.parametrize(
    "body",
    [
        b'{"contact": "' + b'\\"' * (MOST // 2),  # a text that does not end, with a quote every two bytes
        b'{"contact": ' + b'"a' * (MOST // 2),
        b"[" * MOST,
        b'{"contact":' * (MOST // 11),
        b'{"contact": ' + b"9" * MOST + b"}",
    ],
    ids=["endless text", "quotes", "lists", "objects", "number"],
)
def test_a_body_made_to_hurt_is_refused_at_once(programs: Programs, body: bytes) -> None:
    stranger = Caller(programs.app, None)
    answer = stranger.client.post("/api/v1/auth/token", data=body, headers=HEADERS)
    assert (answer.status_code, answer.get_json()["name"]) == (400, "Malformed")
