"""Row numbers in query strings: what no row can have is as if it were not there."""

# The largest id that both databases take.
LARGEST_ID = 2**63 - 1
# Longer texts are no row's number, and Python reads very long ones slowly or not at all.
_LONGEST = 19


def row_number(text: str | None) -> int | None:
    """The number of a row as an address carries it: plain digits, above zero; None for anything else."""
    if not text or not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        return None
    return int(text) if 0 < int(text) <= LARGEST_ID else None
