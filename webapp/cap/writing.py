"""A CAP alert as XML: in the order of the schema, everything escaped, nothing that XML cannot hold."""

import re
from typing import TYPE_CHECKING, Any

from webapp.cap.schema import ALERT, NAMESPACE, Alert, Element

if TYPE_CHECKING:
    from lxml.etree import _Element

MEDIA_TYPE = "application/cap+xml"
# XML 1.0, production 2 (Char): all else has no place in a document, not even escaped.
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without the characters that no XML document can hold."""
    return _NO_CHARACTER.sub("", text)


def write(alert: Alert) -> bytes:
    """The alert as a document in UTF-8."""
    from lxml import etree

    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    _fill(root, alert, ALERT)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _fill(node: "_Element", block: Alert, elements: tuple[Element, ...]) -> None:
    from lxml import etree

    for element in elements:
        for value in _several(block.get(element.name)):
            child = etree.SubElement(node, f"{{{NAMESPACE}}}{element.name}")
            if element.parts:
                _fill(child, value, element.parts)
            else:
                child.text = xml_text(str(value))


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
