"""Rules of what people write into addresses: what no row can have is refused or passed over."""

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.people import Cast

HUGE = "9" * 30
# Passes for a small number when only its beginning is looked at.
PADDED = "0" * 19 + "1" + HUGE


@both_databases
def test_numbers_that_no_row_has_are_no_failure(app: Flask, cast: Cast) -> None:
    for path in (
        *(f"/users?after={number}" for number in (HUGE, PADDED, "-1", "0", "²", "9" * 5000)),
        *(f"/timeline?before={number}" for number in (HUGE, PADDED, "-1", "0", "²")),
        *(f"/offers?before={number}&type={number}" for number in (HUGE, PADDED, "²", 2**63 - 1)),
        *(f"/resources?need={number}&type={number}&before={number}" for number in (HUGE, PADDED, 2**63 - 1)),
        *(f"/resources?after={cursor}" for cursor in ("99999999999-1", f"1-{HUGE}", "²-1", "1-²", "-")),
    ):
        assert cast.ada.get(path).status_code == 200, path
    for number in (HUGE, PADDED, "0" * 20 + "1" * 4990):
        assert cast.vic.get(f"/people?after={number}").status_code == 404
        assert cast.vic.get(f"/people?event={number}").status_code == 404


@both_databases
@pytest.mark.parametrize("code", ["a%00b", "%F0%9F%92%A5", "x" * 3000, "a'b"])
def test_a_join_code_that_can_be_none_is_unknown(app: Flask, cast: Cast, code: str) -> None:
    assert app.test_client().get(f"/join/{code}").status_code == 404
