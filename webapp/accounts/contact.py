"""A phone number or e-mail address as a person typed it, in its one normal form."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ColumnElement

from webapp.accounts.models import User
from webapp.errors import Invalid

# What copying from a page or a message brings along and nobody sees: no contact has any of it.
_UNSEEN = dict.fromkeys(
    map(ord, "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
) | dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# Keyboards of East Asia write ASCII signs in a wide form.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_NAMED = re.compile(r"[^<>]*<([^<>]*)>")
# Words for an extension that phonenumbers does not know; it takes x, #, ext and ;ext= by itself.
_EXTENSION = re.compile(
    r"[\s,;(/-]*\b(?:durchwahl|dw|nebenstelle|nst|apparat|app|extension|extn|poste|toestel|anexo|ramal|lokal"
    r"|local|interno|anknytning|lokalnummer|linia|wew)\b[\s.:]*(\d{1,9})\s*\)?\s*$",
    re.IGNORECASE,
)
_LONGEST_EXTENSION = 7
_LONGEST = 400  # a long name before an address of 254; a cell of a file may have a million
_LABEL = re.compile(r"\s*\([^()\d]*\)\s*$")
_NUMBER = re.compile(r"\d[\d ().-]{5,}\d")


@dataclass(frozen=True, slots=True)
class Contact:
    """Exactly one of an e-mail address and a phone number (E.164, with ``;ext=`` where there is one).

    ``email`` is what addresses are compared by: in lower case, and no more than that, because ``ß`` and
    ``ss`` are different mailboxes. ``typed`` is what to send to, where that is written otherwise.
    """

    email: str | None = None
    phone: str | None = None
    typed: str | None = None

    def matches(self) -> ColumnElement[bool]:
        """The condition that finds the person."""
        return User.email == self.email if self.email else User.phone == self.phone

    def may_be(self) -> ColumnElement[bool]:
        """The condition that finds who may prove to be this: also who was written down while ``ß`` became
        ``ss`` here. Only a secret of the person found makes it theirs."""
        return User.email.in_({self.email, self.email.casefold()}) if self.email else self.matches()


def parse(text: str, region: str = "", field: str = "contact") -> Contact:
    """Read what was typed. ``region`` (ISO 3166) helps numbers without a country code.

    Takes ``mailto:`` and ``Name <address>`` for the address in them. Raises `Invalid` with advice beside
    ``field``.
    """
    if len(text) > _LONGEST:
        raise _refusal(f"Write a phone number or e-mail address of at most {_LONGEST} characters.", field)
    text = " ".join(text.translate(_UNSEEN).translate(_NARROW).split())
    return _email(text, field) if "@" in text else _phone(text, region, field)


def _email(text: str, field: str) -> Contact:
    named = _NAMED.fullmatch(text)
    address = (named[1] if named else text).strip()
    if address[:7].casefold() == "mailto:":
        address = unquote(address[7:].partition("?")[0]).strip()
    if len(re.findall(r"[^\s@;,]@", address)) > 1:
        raise _refusal("Write one e-mail address only.", field)
    try:
        typed = validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        raise _refusal("This e-mail address is not complete. Write it as name@example.org.", field) from None
    email = unicodedata.normalize("NFC", typed.lower())
    return Contact(email=email, typed=typed if typed != email else None)


def _phone(text: str, region: str, field: str) -> Contact:
    plain = _EXTENSION.sub(r";ext=\1", _LABEL.sub("", text))
    try:
        number = phonenumbers.parse(plain, region or None)
    except phonenumbers.NumberParseException:
        number = None
    extension = (number.extension or "") if number is not None else ""
    possible = number is not None and phonenumbers.is_possible_number(number)
    if len(extension) > _LONGEST_EXTENSION or (not possible and len(_NUMBER.findall(plain)) > 1):
        raise _refusal("Write one phone number only; an extension as +45 12 34 56 78 ext. 9.", field)
    if number is None or not possible:
        advice = "Write a phone number with its country code, as +45 12 34 56 78, or an e-mail address."
        raise _refusal(advice, field)
    line = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Contact(phone=f"{line};ext={extension}" if extension else line)


def phone_of(text: str | None, region: str = "") -> str | None:
    """A phone number, and nothing else, in normal form; None for none. Raises `Invalid` beside ``phone``."""
    found = parse(text, region, "phone") if text else Contact()
    if found.email:
        raise _refusal("Write a phone number here.", "phone")
    return found.phone


def email_of(text: str | None, region: str = "") -> dict[str, str | None]:
    """An e-mail address, and nothing else, as the columns of a person; Nones for none.

    Raises `Invalid` beside ``email``.
    """
    found = parse(text, region, "email") if text else Contact()
    if found.phone:
        raise _refusal("Write an e-mail address here.", "email")
    return {"email": found.email, "email_typed": found.typed}


def _refusal(advice: str, field: str) -> Invalid:
    return Invalid(advice, fields={field: advice})
