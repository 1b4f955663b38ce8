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

_GROUPED = re.compile(r"\d{1,3}(?:[ ,.']\d{3})+")
_PLAIN = re.compile(r"\d{1,40}(?:\.\d{1,40})?")
# What stands for one of the ASCII signs on keyboards of the world; no-break and thin spaces, Arabic signs.
_SIGNS = str.maketrans({"٫": ".", "٬": "'", "’": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "−": "-"})


def counted(unit: str) -> bool:
    """Whether this unit comes in whole numbers only."""
    return unit not in MEASURED


def said(quantity: Decimal | int, unit: str = "") -> str:
    """An amount in words: ``40 sandbags``, ``2.5 kg``."""
    return f"{Decimal(quantity).normalize():f} {unit}".strip()


def parse_amount(text: str) -> Decimal:
    """The amount that somebody typed, in any script's digits, with a comma or point before decimals.

    Raises `Invalid`; also for ``1,000``, which is a thousand to some and one to others.
    """
    plain = "".join(_digit(sign) for sign in text.strip().translate(_SIGNS))
    if re.fullmatch(r"\d{1,3},\d{3}", plain):
        raise _wrong(_("Write %(typed)s without the comma, so that it cannot be misread.", typed=plain))
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
