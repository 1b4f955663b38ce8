"""Numbers as text: of rows in query strings, of degrees in everything that is read by programs and people."""

# The largest id that both databases take.
LARGEST_ID = 2**63 - 1
# Longer texts are no row's number, and Python reads very long ones slowly or not at all.
_LONGEST = 19


def row_number(text: str | None) -> int | None:
    """The number of a row as an address carries it: plain digits, above zero; None for anything else."""
    if not text or not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        return None
    return int(text) if 0 < int(text) <= LARGEST_ID else None


def degrees(value: float, *, fixed: bool = False) -> str:
    """Degrees as plain decimals, six at the most (0.1 m) or, ``fixed``, always; never with an exponent."""
    text = f"{round(value, 6) + 0.0:.6f}"  # adding zero takes the sign off it
    return text if fixed else text.rstrip("0").rstrip(".")
