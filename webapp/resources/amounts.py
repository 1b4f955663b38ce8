"""Amounts: what people type as a number, which units are counted in whole things, how amounts are said."""

import re
import unicodedata
from decimal import Decimal

from flask_babel import gettext as _

from webapp.errors import Invalid
from webapp.resources.models import LARGEST_QUANTITY

DECIMALS = 3
# Units that can be had in parts. Everything else is counted: nobody sends half a pump.
MEASURED = frozenset(
    {"g", "kg", "t", "tonnes", "l", "litres", "m", "km", "m²", "m³", "W", "kW", "kVA", "MW", "hours", "days"}
)

# 1,000,000 and the like; 10,00,000 in India.
_GROUPED = re.compile(r"\d{1,3}(?:[ ,.']\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}")
# A thousand to some and one to others; nobody begins a number of thousands with a zero.
_TWO_WAYS = re.compile(r"(?!0[.,])(\d{1,3})[.,](\d{3})")
_PLAIN = re.compile(r"\d{1,40}(?:\.\d{1,40})?")
# What stands for one of the ASCII signs on keyboards of the world; no-break and thin spaces, Arabic signs.
_DECIMAL_SIGN = "٫"  # in Arabic scripts, and nothing else
_SIGNS = str.maketrans(
    {
        _DECIMAL_SIGN: ".",
        "٬": "'",
        "،": ",",
        "，": ",",
        "．": ".",
        "’": "'",
        "\u2018": "'",
        "´": "'",
        "−": "-",
    }
    | dict.fromkeys("\u00a0\u2007\u2008\u2009\u200a\u202f\u3000", " ")
)


def counted(unit: str) -> bool:
    """Whether this unit comes in whole numbers only."""
    return unit not in MEASURED


def said(quantity: Decimal | int, unit: str = "") -> str:
    """An amount in words: ``40 sandbags``, ``2.5 kg``."""
    return f"{Decimal(quantity).normalize():f} {unit}".strip()


def written(quantity: Decimal | int) -> str:
    """An amount as `parse_amount` reads it back: ``2.125`` gets a zero, as it could be thousands."""
    plain = said(quantity)
    return f"{plain}0" if _TWO_WAYS.fullmatch(plain) else plain


def parse_amount(text: str) -> Decimal:
    """The amount that somebody typed, in any script's digits, with a comma or point before decimals.

    Raises `Invalid`; also for ``1,000`` and ``1.000``, which are a thousand to some and one to others.
    """
    plain = "".join(_digit(sign) for sign in text.strip().translate(_SIGNS))
    two_ways = _TWO_WAYS.fullmatch(plain)
    if two_ways and _DECIMAL_SIGN not in text:
        whole = f"{two_ways[1]}{two_ways[2]}"
        raise _wrong(
            _(
                "Write %(whole)s or %(parts)s: “%(typed)s” is the one to some and the other to others.",
                whole=said(Decimal(whole)),
                parts=written(Decimal(f"{two_ways[1]}.{two_ways[2]}")),
                typed=plain,
            )
        )
    match = _PLAIN.fullmatch(_without_groups(plain))
    if match is None:
        if plain.startswith("-") and plain[1:].isdigit():
            raise _wrong(_("Write an amount above zero."))
        raise _wrong(_("Write an amount as a number, such as 40 or 2.5."))
    return check_amount(Decimal(match[0]))


def check_amount(quantity: Decimal | int, unit: str | None = None) -> Decimal:
    """The amount, if it is one: above zero, not too large, at most three decimals, whole where counted.

    Raises `Invalid` with the field ``quantity``.
    """
    amount = Decimal(quantity)
    if not amount.is_finite():
        raise _wrong(_("Write an amount as a number, such as 40 or 2.5."))
    if amount <= 0:
        raise _wrong(_("Write an amount above zero."))
    if amount > LARGEST_QUANTITY:
        raise _wrong(_("Write at most %(most)s.", most=said(LARGEST_QUANTITY)))
    if amount != round(amount, DECIMALS):
        raise _wrong(_("Write at most three decimals."))
    if unit is not None and counted(unit) and amount != amount.to_integral_value():
        raise _wrong(_("Write a whole number: %(unit)s are counted.", unit=unit))
    return amount


def _digit(sign: str) -> str:
    return str(unicodedata.digit(sign)) if unicodedata.category(sign) == "Nd" else sign


def _without_groups(plain: str) -> str:
    """Drop separators of thousands; make the decimal sign a point."""
    whole, sign, rest = plain, "", ""
    if "," in plain and plain.count(",") == 1 and plain.rfind(",") > plain.rfind("."):
        whole, sign, rest = plain.partition(",")
    elif plain.count(".") == 1 and plain.rfind(".") > plain.rfind(","):
        whole, sign, rest = plain.partition(".")
    if _GROUPED.fullmatch(whole) and len(set(whole) & set(" ,.'")) == 1:
        whole = re.sub(r"[ ,.']", "", whole)
    return f"{whole}.{rest}" if sign else whole


def _wrong(message: str) -> Invalid:
    return Invalid(message, fields={"quantity": message})
