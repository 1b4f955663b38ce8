"""What can go wrong with a call, in words that a person who typed the address can act on."""


class OutgoingError(Exception):
    """The call gave nothing. The message says why and tells nothing about the inside of the network."""


class Refused(OutgoingError):
    """Not an address that may be called."""


class Unreachable(OutgoingError):
    """No connection: the name is not known, nobody listens, or the certificate is not right."""


class TooSlow(OutgoingError):
    """The answer was not complete in time."""

    def __init__(self) -> None:
        super().__init__("The other system takes too long.")


class TooLarge(OutgoingError):
    """The answer has more bytes than it may have."""

    def __init__(self) -> None:
        super().__init__("The other system sends too much.")


class Broken(OutgoingError):
    """The other system broke off, or does not speak HTTP as it should."""
