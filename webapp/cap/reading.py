"""A CAP alert from bytes that anybody may have made: bounded, without any of XML's doors, then checked.

No document type is taken, so no entity is ever declared or expanded and nothing outside is read; the
encoding is ours to decide; the parser's own bounds on depth stay on.
"""

import codecs
import re
from typing import TYPE_CHECKING, Any

from webapp.cap.schema import ALERT, CAP_1_1, NAMESPACE, OLDER_NAMESPACES, Alert, Element
from webapp.web.forms import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

# Bytes. Alerts have some thousand; one with a picture inside some hundred thousand.
LARGEST = 2 * 1024 * 1024
_READ = (NAMESPACE, CAP_1_1)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_KNOWN = ("utf-8", "utf-16", "us-ascii", "iso-8859-1", "windows-1252")
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]{0,200}\?>")
_ENCODING = re.compile(rb"""^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ASIDE = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)


class NotCap(ValueError):
    """Bytes that are no alert of CAP 1.2; the message says where and why."""


def read(data: bytes) -> Alert:
    """The alert in these bytes, each element checked; one of CAP 1.1 is read as CAP 1.2. Raises `NotCap`."""
    root = parsed(text_of(data))
    _require_alert(root)
    if _space(root) == CAP_1_1:
        _complete(root)
    return _block(root, ALERT, "")


def text_of(data: bytes, largest: int = LARGEST) -> str:
    """The document as text, decoded as it says it is. Raises `NotCap`."""
    if len(data) > largest:
        raise NotCap(f"It is larger than {largest // 1024**2} MB. That is no alert.")
    mark = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), None)
    if mark is not None:
        encoding, data = mark[1], data[len(mark[0]) :]
    else:
        said = _ENCODING.match(data)
        encoding = said[1].decode("ascii").lower() if said else "utf-8"
    if encoding.removesuffix("-le").removesuffix("-be") not in _KNOWN:
        raise NotCap(f"The encoding {encoding} is not taken. Save it as UTF-8.")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotCap(f"It is not {encoding}: byte {error.start} does not fit. Save it as UTF-8.") from None


def parsed(text: str) -> "_Element":
    """The root of the document. Raises `NotCap`."""
    from lxml import etree

    declaration = _DECLARATION.match(text)
    if declaration is not None:
        text = text[declaration.end() :]
    _refuse_document_type(text)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise NotCap(f"It is not XML: {error.msg or 'it is empty'}.") from None


def _refuse_document_type(text: str) -> None:
    """A document type can only stand before the first element."""
    at = 0
    while (aside := _ASIDE.match(text, at)) is not None:
        at = aside.end()
    if text.startswith("<!", at) and not text.startswith("<!--", at):
        raise NotCap("It has a document type (DOCTYPE) or entities. An alert needs neither; take it out.")


def is_alert(root: "_Element") -> bool:
    """Whether the element is an alert of CAP 1.1 or 1.2, good or bad."""
    return _space(root) in _READ and str(root.tag).rpartition("}")[2] == "alert"


def _space(node: "_Element") -> str:
    return str(node.tag).rpartition("}")[0].removeprefix("{")


def _complete(root: "_Element") -> None:
    """Say in an alert of CAP 1.1 what 1.2 asks for: the type of each resource, a newer certainty."""
    from lxml import etree

    mime, certainty = f"{{{CAP_1_1}}}mimeType", f"{{{CAP_1_1}}}certainty"
    for resource in root.iter(f"{{{CAP_1_1}}}resource"):
        if resource.find(mime) is None:
            etree.SubElement(resource, mime).text = "application/octet-stream"
    for node in root.iter(certainty):
        if (node.text or "").strip() == "Very Likely":
            node.text = "Likely"


def _require_alert(root: "_Element") -> None:
    space, name = _space(root), str(root.tag).rpartition("}")[2]
    if is_alert(root):
        return
    if space in OLDER_NAMESPACES:
        raise NotCap(f"This is CAP {OLDER_NAMESPACES[space]}. Ask the sender for CAP 1.2.")
    if (space, name) != (NAMESPACE, "alert"):
        shown = f"“{name[:40]}” of “{space[:80]}”" if space else f"“{name[:40]}” without a namespace"
        raise NotCap(f"Its outermost element is {shown}, not “alert” of {NAMESPACE}.")


def _block(node: "_Element", elements: tuple[Element, ...], where: str) -> Alert:
    """What an element with parts says. Elements of other namespaces (signatures) are passed over."""
    given: dict[str, list[_Element]] = {element.name: [] for element in elements}
    for child in node:
        name = str(child.tag).rpartition("}")[2]
        if _space(child) not in _READ:
            continue
        if name not in given:
            raise NotCap(f"{where}{name[:40]}: CAP 1.2 has no such element here.")
        given[name].append(child)
    return {
        element.name: value
        for element in elements
        if (value := _values(element, given[element.name], where)) not in (None, [])
    }


def _values(element: Element, nodes: "list[_Element]", where: str) -> Any:
    path = f"{where}{element.name}"
    if len(nodes) > element.most:
        raise NotCap(f"{path}: it stands {len(nodes)} times; {element.most} is the most.")
    places = [f"{path} {number}" if len(nodes) > 1 else path for number in range(1, len(nodes) + 1)]
    said = [_value(element, node, place) for node, place in zip(nodes, places, strict=True)]
    found = [value for value in said if value is not None]
    if len(found) < element.least:
        raise NotCap(f"{path}: it is missing.")
    return found if element.most > 1 else next(iter(found), None)


def _value(element: Element, node: "_Element", path: str) -> Any:
    """A text, or a block; None for an empty text that says nothing."""
    if element.parts:
        return _block(node, element.parts, f"{path}, ")
    if len(node):
        raise NotCap(f"{path}: it holds elements where text is expected.")
    text = clean(node.text) or ""
    if not text:
        return text if element.may_be_empty else None
    try:
        return element.check(text) if element.check is not None else text
    except ValueError as error:
        raise NotCap(f"{path}: {error}.") from None
