"""Limits of the ways in: whoever guesses is stopped early, and nobody is kept out by somebody else's guesses.

Passwords are counted by who guesses at whom (address and contact), a little wider by whom all guess at, and
much wider by address, where people who are let in make up for failures: a shelter is one address. A browser
that let the person in before has a count of its own (`known_browsers`).

Codes have 39 bits and are counted apart, ten times as wide, so they let in where passwords are shut: at 1,000
tries an hour for each guessing address, the chance to hit one of three codes in 90 days is one in a hundred
thousand, and to hit a desk code in its ten minutes one in a thousand million. No number of guesses ends a
code. What is found by a long secret (links, join codes of 59 bits, refresh tokens) is never refused to who
has the right one; wrong ones are counted by address.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, after_this_request, g, has_request_context, request, session
from flask_babel import gettext as _

from webapp import limits
from webapp.accounts import codes, known_browsers
from webapp.accounts import contact as contacts
from webapp.accounts.identity import current_actor
from webapp.accounts.models import User
from webapp.accounts.turns import turns
from webapp.errors import Invalid, Problem
from webapp.extensions import db
from webapp.journal.actor import Actor
from webapp.tries import Count, TooManyTries, limits_of
from webapp.web.viewer import settings

View = Callable[..., Any]

# How many times MAYDAY_LIMIT_SIGN_IN: passwords at one contact, all from anywhere together …
AT_CONTACT = 5
# … all that came from one address and failed …
FROM_ADDRESS = 20
# … and codes, of one address at one contact.
CODES = 10
# The answers of a try that let nobody in.
FAILURES = frozenset({401, 404, 410, 422})
# Failures that one person who gets in makes up for, once an hour, at their address.
FORGIVEN = 10
ONCE = limits_of("1 per hour")
# Changes of one's own phone or e-mail: each tells whether somebody has it already.
CHANGES, CHANGES_OF_ADDRESS = (
    limits_of("5 per minute; 20 per hour"),
    limits_of("50 per minute; 200 per hour"),
)
# A sign-up with a contact that is taken costs this many, as it tells who is here and makes nobody.
TAKEN_COSTS = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """Who tries to be whom: hashed, as the limiter's storage holds no contact details."""

    contact: str
    by: str  # the address, or the browser that let this person in before
    address: str
    known: bool
    code: bool

    def passwords(self) -> list[Count]:
        """What a password is counted under."""
        own = [self._count("sign-in", 1, self.by, self.contact)]
        if self.known:
            return own
        return [*own, self._count("sign-in-contact", AT_CONTACT, self.contact), self.of_address()]

    def codes(self) -> list[Count]:
        """What a code is counted under."""
        return [self._count("code", CODES, self.by, self.contact)]

    def of_address(self) -> Count:
        """Failures of the address, whoever they are about."""
        return self._count("sign-in-address", FROM_ADDRESS, self.address)

    def codes_of_address(self) -> Count:
        """The same of codes."""
        return self._count("code-address", FROM_ADDRESS, self.address)

    def first_code(self) -> Count:
        """Where an address has no tries left, each of its neighbours still has a first one."""
        return Count(ONCE, ("first-code", self.by, self.contact))

    @staticmethod
    def _count(scope: str, times: int, *whom: str) -> Count:
        return Count(limits_of(settings().limit_sign_in, times), (scope, *whom))


def limit_sign_in(view: View) -> View:
    """Bound tries at the contact that is sent by MAYDAY_LIMIT_SIGN_IN."""
    return _bounded(view, _sent_contact)


def limit_proof(view: View) -> View:
    """The same for proving to hold the account of the e-mail that a provider vouches for."""
    return _bounded(view, _claimed_contact)


def only_codes() -> bool:
    """Whether no try with a password is left to this request, and only codes are looked at."""
    return bool(g.get("only_codes", False))


def _bounded(view: View, contact: Callable[[], str]) -> View:
    """Counted together at all doors: whoever guesses has not more tries by going round."""

    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return view(*args, **kwargs)
        tried = _tried(contact())
        _settle(tried, _take(tried))
        whose = "" if tried.known else tried.address
        with turns.turn(tried.contact, whose):
            return view(*args, **kwargs)

    return bounded


def _take(tried: Tried) -> list[Count]:
    """Count the try. Raises `TooManyTries` when none is left."""
    taken, wait = _all(tried.passwords())
    if not wait and not tried.code:
        return taken
    if not tried.code:
        raise TooManyTries(wait, _("Meanwhile a code lets you in: ask a coordinator at the desk for one."))
    g.only_codes = bool(wait)
    more, wait = _all(tried.codes())
    if not wait and not tried.known:
        of_address = tried.codes_of_address()
        wait = of_address.take() and tried.first_code().take()
        more.append(of_address)
    if wait:
        for count in (*taken, *more):
            count.give_back()
        raise TooManyTries(wait, _("A sign-in link lets you in at once: ask whoever runs this."))
    return [*taken, *more]


def _all(counts: list[Count]) -> tuple[list[Count], int]:
    """Take all of them, or none and the seconds to wait."""
    for number, count in enumerate(counts):
        if wait := count.take():
            for taken in counts[:number]:
                taken.give_back()
            return [], wait
    return counts, 0


def _settle(tried: Tried, taken: list[Count]) -> None:
    """When the answer is there, give back what was no failure; a person who got in makes up for others."""

    @after_this_request
    def _give_back(response: Response) -> Response:
        if failed(response):
            return response
        for count in taken:
            count.give_back()
        if response.status_code < 400 and not tried.known:
            first = Count(ONCE, ("let-in", tried.address, tried.contact))
            if not first.take():
                tried.of_address().give_back(FORGIVEN)
                tried.codes_of_address().give_back(FORGIVEN)
        return response


def failed(response: Response) -> bool:
    """Whether this answer let nobody in and was a try: a busy server's refusal was none."""
    return response.status_code in FAILURES


def _tried(typed: str) -> Tried:
    found: contacts.Contact | None
    try:
        found = contacts.parse(typed, settings().phone_region)
        # Folded: ß and ss have one count, as both can lead to one person (see `Contact.may_be`).
        normal = (found.email or found.phone or "").casefold()
    except Invalid:
        found, normal = None, typed.casefold().strip()
    user_id = 0
    if found is not None and known_browsers.present()[1]:
        user_id = db.session.execute(db.select(User.id).where(found.matches())).scalar() or 0
        db.session.rollback()  # no transaction stays open while hashing
    browser = known_browsers.name_for(user_id)
    address = limits.address()
    return Tried(
        contact=_hashed(normal),
        by=f"browser:{browser}" if browser else address,
        address=address,
        known=bool(browser),
        code=codes.normal(_sent("secret")[:300]) is not None,
    )


def _sent_contact() -> str:
    return _sent("contact")[:300]


def _claimed_contact() -> str:
    return str(session.get("provider_came", {}).get("who", {}).get("email", ""))


def _sent(name: str) -> str:
    """As a form or a program sends it."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    return str(sent.get(name, "") if isinstance(sent, Mapping) else "")


def _hashed(contact: str) -> str:
    return f"contact:{hashlib.sha256(contact.encode()).hexdigest()}"


def limit_own_password(view: View) -> View:
    """Bound guesses at the present password from a session that somebody left open."""

    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        who = f"user:{current_actor().user_id}"
        _charge(Count(limits_of(settings().limit_sign_in), ("own-password", who)))
        with turns.turn(who):
            return view(*args, **kwargs)

    return bounded


def limit_sign_up(view: View) -> View:
    """Bound posted sign-ups per address by MAYDAY_LIMIT_SIGN_UP."""
    return _count_sign_ups(view, limits.address)


def limit_newcomers(view: View) -> View:
    """The same where only who is not signed in signs up: a shelter has one address for all its helpers."""
    return _count_sign_ups(view, lambda: limits.address() if current_actor().user_id is None else "")


def limit_invited(view: View) -> View:
    """The same by invitation: its link was given to one person, so each has a count of its own."""
    return _count_sign_ups(view, lambda: _hashed(str((request.view_args or {}).get("token", ""))))


def _count_sign_ups(view: View, whose: Callable[[], str]) -> View:
    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        who = whose()
        if request.method != "POST" or not who:
            return view(*args, **kwargs)
        count = Count(limits_of(settings().limit_sign_up), ("sign-up", who))
        if wait := count.take():
            raise TooManyTries(wait, _("A coordinator can let you in at once: ask at the desk."))

        @after_this_request
        def _add(response: Response) -> Response:
            if g.get("contact_taken"):
                for _more in range(TAKEN_COSTS - 1):
                    count.take()
            return response

        return view(*args, **kwargs)

    return bounded


def contact_was_taken() -> None:
    """Note that this request is about to learn that somebody is registered with a contact."""
    if has_request_context():
        g.contact_taken = True


def count_change_of_contact(actor: Actor) -> None:
    """Bound how often a person tries other phones and e-mails, found free or taken alike. Raises
    `TooManyTries`."""
    if not has_request_context():
        return
    for limit, who in ((CHANGES, f"user:{actor.user_id}"), (CHANGES_OF_ADDRESS, limits.address())):
        if wait := Count(limit, ("contact-change", who)).take():
            raise TooManyTries(wait)


def limit_guesses(view: View) -> View:
    """Bound links and codes that lead nowhere, per address, by MAYDAY_LIMIT_SIGN_IN.

    Who has the right one is let in whatever others behind the same address tried: what is found by so long
    a secret cannot be guessed, and a wall poster is scanned by a hundred people behind one address.
    """

    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except Problem as problem:
            # What was good once (410) was not guessed either.
            guesses = Count(limits_of(settings().limit_sign_in), ("guesses", limits.address()))
            if problem.status in (401, 404) and (wait := guesses.take()):
                raise TooManyTries(wait) from None
            raise

    return bounded


def limit_answers(view: View) -> View:
    """Bound forged answers of a provider per address, by MAYDAY_LIMIT_SIGN_IN, before they are read.

    A browser that did ask has a wider count: forgers behind its address do not use it up.
    """

    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        asked = request.args.get("state", "") in session.get("provider_asked", {})
        limit = limits_of(settings().limit_sign_in, FROM_ADDRESS if asked else 1)
        scope = "answers-asked" if asked else "answers"
        _charge(Count(limit, (scope, limits.address())))
        return view(*args, **kwargs)

    return bounded


def _charge(count: Count) -> None:
    """Count now, and give it back unless the answer is a failure. Raises `TooManyTries`."""
    if wait := count.take():
        raise TooManyTries(wait)

    @after_this_request
    def _give_back(response: Response) -> Response:
        if not failed(response):
            count.give_back()
        return response
