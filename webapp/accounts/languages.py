"""Languages that people speak: typed as words, kept as BCP 47 codes, shown as words again."""

import functools

from babel import Locale

from webapp.errors import Invalid

MOST = 12


def parse(text: str, locale: str = "en") -> list[str]:
    """``English, Kreyòl`` as ``["en", "ht"]``. Raises `Invalid` that names a word nobody knows."""
    names = _codes(locale)
    found: list[str] = []
    for word in (part.strip() for part in text.replace(";", ",").replace("\n", ",").split(",")):
        if not word:
            continue
        code = names.get(word.casefold())
        if code is None:
            message = f"“{word[:40]}” is not a language we know. Write it in English or in its own words."
            raise Invalid(message, fields={"languages": message})
        if code not in found:
            found.append(code)
    if len(found) > MOST:
        raise Invalid("Too many languages.", fields={"languages": f"Write at most {MOST} languages."})
    return found


def shown(codes: list[str], locale: str = "en") -> str:
    """The codes as words in the viewer's language."""
    names = Locale.parse(locale, sep="-").languages
    return ", ".join(names.get(code, code) for code in codes)


@functools.cache
def _codes(locale: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for source in ("en", "es", "fr", "ar", locale):
        for code, name in Locale.parse(source, sep="-").languages.items():
            names.setdefault(name.casefold(), code.replace("_", "-"))
    for code in list(dict.fromkeys(names.values())):
        names.setdefault(code.casefold(), code)
    for code in (
        "da",
        "de",
        "pt",
        "ht",
        "uk",
        "ru",
        "pl",
        "tr",
        "fa",
        "so",
        "vi",
        "zh",
        "ja",
        "sv",
        "nl",
        "it",
    ):
        own = Locale.parse("ht" if code == "ht" else code, sep="-").languages.get(code)
        if own:
            names.setdefault(own.casefold(), code)
    names.setdefault("kreyòl", "ht")
    names.setdefault("creole", "ht")
    return names
