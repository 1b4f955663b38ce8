"""What people type as a number, in the ways of the world."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.errors import Invalid
from webapp.resources.amounts import parse_amount, written


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("40", "40"),
        (" 40 ", "40"),
        ("007", "7"),
        ("2.5", "2.5"),
        ("2,5", "2.5"),
        ("0.001", "0.001"),
        ("0,125", "0.125"),  # nobody begins thousands with a zero
        ("1000.125", "1000.125"),
        ("2.1250", "2.125"),
        ("1.000", None),
        ("10.000", None),
        ("2,125", None),
        ("012.500", None),
        ("١٫٠٠٠", "1"),
        ("١٬٠٠٠", "1000"),
        ("١،٠٠٠", None),
        ("１．０００", None),
        ("1.000.000", "1000000"),
        ("1,00,000", "100000"),
        ("10 000,5", "10000.5"),
        ("1\u2009000", "1000"),
        ("1’000", "1000"),
        ("1e3", None),
        ("1_000", None),
        ("1 000", "1000"),
        ("1\u00a0000", "1000"),
        ("1\u202f000,5", "1000.5"),
        ("1'000", "1000"),
        ("1.000,5", "1000.5"),
        ("1,000.5", "1000.5"),
        ("999,999,9", None),
        ("100.000.000", None),
        ("٤٠", "40"),
        ("۴۰", "40"),
        ("٢٫٥", "2.5"),
        ("४०", "40"),
        ("1000000", "1000000"),
        ("1000000.001", None),
        ("1,000", None),
        ("1..2", None),
        ("1,2,3", None),
        ("12 34", None),
        ("²", None),
        ("½", None),
        ("", None),
        (".", None),
        ("4\x000", None),
        ("-0", None),
        ("sNaN", None),
        ("{{7*7}}", None),
    ],
)
def test_an_amount_is_what_was_meant_or_refused(typed: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(Invalid):
            parse_amount(typed)
    else:
        assert parse_amount(typed) == Decimal(meant)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_an_amount_in_range_or_refused_with_words(typed: str) -> None:
    try:
        amount = parse_amount(typed)
    except Invalid as refusal:
        words = refusal.fields["quantity"]
    else:
        words = "Write"
        assert Decimal("0.001") <= amount <= 1_000_000
        assert amount == round(amount, 3)
    assert words.startswith("Write")


def test_what_can_be_read_in_two_ways_is_refused_with_both() -> None:
    with pytest.raises(Invalid, match=r"Write 1500 or 1\.5: “1\.500”"):
        parse_amount("1.500")


@given(st.decimals("0.001", 1_000_000, places=3))
def test_an_amount_that_a_form_or_file_shows_is_read_back_as_the_same(amount: Decimal) -> None:
    assert parse_amount(written(amount)) == amount
