"""A phone number or e-mail address as a person typed it, in its one normal form."""

from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ColumnElement

from webapp.accounts.models import User
from webapp.errors import Invalid


@dataclass(frozen=True, slots=True)
class Contact:
    """Exactly one of an e-mail address and an E.164 phone number."""

    email: str | None = None
    phone: str | None = None

    def matches(self) -> ColumnElement[bool]:
        """The condition that finds the person."""
        return User.email == self.email if self.email else User.phone == self.phone


def parse(text: str, region: str = "", field: str = "contact") -> Contact:
    """Read what was typed. ``region`` (ISO 3166) helps numbers without a country code.

    Raises `Invalid` with advice beside ``field``.
    """
    text = text.strip()
    if "@" in text:
        try:
            found = validate_email(text, check_deliverability=False)
        except EmailNotValidError:
            raise _refusal(
                "This e-mail address is not complete. Write it as name@example.org.", field
            ) from None
        return Contact(email=found.normalized.casefold())
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        advice = "Write a phone number with its country code, as +45 12 34 56 78, or an e-mail address."
        raise _refusal(advice, field)
    return Contact(phone=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phone_of(text: str | None, region: str = "") -> str | None:
    """A phone number, and nothing else, in normal form; None for none. Raises `Invalid` beside ``phone``."""
    found = parse(text, region, "phone") if text else Contact()
    if found.email:
        raise _refusal("Write a phone number here.", "phone")
    return found.phone


def email_of(text: str | None, region: str = "") -> str | None:
    """An e-mail address, and nothing else; None for none. Raises `Invalid` beside ``email``."""
    found = parse(text, region, "email") if text else Contact()
    if found.phone:
        raise _refusal("Write an e-mail address here.", "email")
    return found.email


def _refusal(advice: str, field: str) -> Invalid:
    return Invalid(advice, fields={field: advice})
