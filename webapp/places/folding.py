"""One form for all spellings of a name, so that "Jakmèl", "jakmel" and "JAKMEL" are the same word."""

import unicodedata

# Letters that Unicode does not take apart, but people type without. Arabic: spelling that varies by writer.
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i"}
    | {"ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "\u0640": ""}
    | dict.fromkeys("'’‘ʼʻ`´", "")
)


def fold(text: str) -> str:
    """Lower case, no accents, no punctuation, ASCII digits, single spaces. Folding twice changes nothing."""
    # The letters go first and last: NFKD turns some apostrophes into others, and case can bring new ones.
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS).casefold()).casefold()
    letters = "".join(_simple(c) for c in apart if unicodedata.category(c) != "Mn")
    return " ".join(letters.translate(_LETTERS).split())


def _simple(character: str) -> str:
    if character in "'’‘ʼʻ`´\u0640" or character.isalpha():
        return character
    digit = unicodedata.decimal(character, None)
    return " " if digit is None else str(digit)
