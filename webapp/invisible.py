"""Characters that nobody sees, taken out of what people and programs write, at one place for every door.

Embeddings, overrides and isolates of the writing direction make a text read as something else than it is;
other format characters make two names look the same. What scripts need stays: the joiners of Persian, Indic
scripts and emoji, the marks of direction (they change no order of letters), variation selectors, the spaces
of no width between words of Khmer, Thai, Lao and Burmese, and the tags of a flag.

Sources: Unicode 16, chapter 23; UAX 9; UTR 36, section 2.
"""

import re
from collections.abc import Collection
from typing import Any

_WORDS_WITHOUT_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSEEN = re.compile(
    "[\u202a-\u202e\u2066-\u2069"  # embeddings, overrides, isolates
    "\u00ad\u180e\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0001]"
    rf"|(?<![{_WORDS_WITHOUT_SPACES}])\u200b|\u200b(?![{_WORDS_WITHOUT_SPACES}])"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]+"
)
_ONLY_MARKS = re.compile("[\\s\u061c\u200b-\u200f\ufe00-\ufe0f]*")


def visible(text: str) -> str:
    """The text without what nobody sees; nothing at all where nobody would see anything."""
    if text.isascii():
        return text
    text = _UNSEEN.sub("", text)
    return "" if _ONLY_MARKS.fullmatch(text) else text


def visible_in(value: Any, besides: Collection[str] = ()) -> Any:
    """The same of all texts in a value of JSON, but for those of the names ``besides``."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [visible_in(each, besides) for each in value]
    if isinstance(value, dict):
        return type(value)(
            {name: it if name in besides else visible_in(it, besides) for name, it in value.items()}
        )
    return value
