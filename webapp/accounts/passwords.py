"""Passwords and short codes at rest: Argon2id, and which passwords are refused.

Parameters: OWASP Password Storage Cheat Sheet, Argon2id with 19 MiB, 2 iterations, 1 lane. Rules: NIST
SP 800-63B, 5.1.1.2: a length, no composition rules, and no password that everybody tries first.
"""

import functools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.accounts.turns import turns

LEAST = 8
MOST = 200  # longer ones only cost time to hash

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# Of the lists of leaked passwords, the ones of eight characters and more that lead them.
COMMON = frozenset(
    word
    for line in (
        "password password1 password12 password123 passw0rd p@ssw0rd p@ssword 12345678 123456789 1234567890",
        "0123456789 987654321 87654321 11111111 00000000 88888888 12341234 11223344 123123123 1q2w3e4r",
        "1qaz2wsx q1w2e3r4 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 asdfghjk asdfghjkl zxcvbnm1",
        "abcd1234 abc12345 abcdefgh a1b2c3d4 iloveyou iloveyou1 sunshine princess football baseball superman",
        "trustno1 welcome1 welcome123 letmein1 letmein123 changeme changeme1 admin123 administrator",
        "computer internet whatever starwars michelle jennifer charlie1 dragon12 monkey12 master12",
        "mayday mayday123 maydaymayday volunteer volunteer1 emergency emergency1 helphelp",
    )
    for word in line.split()
)


def hashed(secret: str) -> str:
    """The Argon2id hash of a password or code. Slow on purpose: never inside a transaction, and by turns."""
    with turns.turn():
        return _hasher.hash(secret)


def matches(hash_: str | None, secret: str) -> bool:
    """Whether the secret is the hashed one. Takes as long when there is no hash to compare with."""
    with turns.turn():
        try:
            return _hasher.verify(hash_ or _dummy(), secret) and hash_ is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(hash_: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(hash_)


def refusal(password: str, *, own_words: tuple[str | None, ...] = ()) -> str | None:
    """Why this password is not accepted, in words; ``None`` when it is.

    ``own_words`` are what others know of the person: their name, phone, e-mail.
    """
    if len(password) < LEAST:
        return f"Use at least {LEAST} characters. Three words are easy to remember."
    if len(password) > MOST:
        return f"Use at most {MOST} characters."
    folded = password.casefold()
    if folded in COMMON or len(set(folded)) < 3:
        return "This is one of the passwords that are tried first. Choose another."
    if _plain(folded) in {_plain(word.casefold()) for word in _parts(own_words)}:
        return "This is your name or contact, which others know. Choose another."
    return None


def _parts(own_words: tuple[str | None, ...]) -> set[str]:
    parts: set[str] = set()
    for word in own_words:
        if word:
            parts |= {word, word.split("@")[0], *word.split()}
    return parts


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


@functools.cache
def _dummy() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
