"""The document as people read it: operations by tag, each with what it takes, gives and refuses."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a schema, or a parameter with the place where it stands."""

    name: str
    kind: str
    needed: bool
    words: str
    place: str = ""
    schema: str = ""  # the name of the schema that it holds


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with what it means and the schema of its body."""

    status: str
    words: str
    schema: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, ready to be shown."""

    name: str
    method: str
    path: str
    summary: str
    words: str
    open: bool
    deprecated: bool
    parameters: tuple[Field, ...]
    body: str  # the name of its schema
    sent: str  # an example of it
    given: str  # an example of the answer
    answers: tuple[Answer, ...]
    curl: str


def groups(document: Node, wanted: str = "") -> dict[str, list[Operation]]:
    """Operations by tag in the order of the document; ``wanted`` are words that all must be in one."""
    words = wanted.casefold().split()
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            it = _operation(path, method, about)
            tag = about["tags"][0]
            text = f"{tag} {it.method} {path} {it.summary} {it.words}".casefold()
            if all(word in text for word in words):
                found.setdefault(tag, []).append(it)
    return found


def find(document: Node, name: str) -> Operation | None:
    """The operation of this name."""
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            if about["operationId"] == name:
                return _operation(path, method, about)
    return None


def schemas_of(document: Node, operation: Operation) -> dict[str, tuple[str, list[Field]]]:
    """The schemas that an operation speaks of and those inside them: each with its words and fields."""
    known = document["components"]["schemas"]
    waiting = [operation.body, *(answer.schema for answer in operation.answers)]
    found: dict[str, tuple[str, list[Field]]] = {}
    while waiting:
        name = waiting.pop(0)
        if name and name not in found:
            rows = list(_fields(known[name]))
            found[name] = (_text(known[name].get("description", "")), rows)
            waiting += [row.schema for row in rows]
    return found


def _operation(path: str, method: str, about: Node) -> Operation:
    answers = tuple(
        Answer(status, _means(status, answer), _name(_schema_of(answer)))
        for status, answer in sorted(about["responses"].items())
    )
    body = about.get("requestBody", {})
    first = next(status for status in sorted(about["responses"]) if status.startswith("2"))
    open_to_all = not about["security"]
    sent = _example(body)
    return Operation(
        name=about["operationId"],
        method=method.upper(),
        path=path,
        summary=about["summary"],
        words=_text(about.get("description", "")),
        open=open_to_all,
        deprecated=about.get("deprecated", False),
        parameters=tuple(_parameter(it) for it in about.get("parameters", ())),
        body=_name(_schema_of(body)),
        sent=_pretty(sent),
        given=_pretty(_example(about["responses"][first])),
        answers=answers,
        curl=_curl(path, method.upper(), about, sent, open_to_all),
    )


def _means(status: str, answer: Node) -> str:
    words = _text(answer.get("description", ""))
    return words if words and words != "Unprocessable Entity" else HTTPStatus(int(status)).phrase


def _parameter(it: Node) -> Field:
    words = it.get("description") or it["schema"].get("description", "")
    return Field(it["name"], kind(it["schema"]), it.get("required", False), _text(words), it["in"])


def _fields(about: Node) -> Iterator[Field]:
    needed = about.get("required", ())
    for name, it in about.get("properties", {}).items():
        yield Field(name, kind(it), name in needed, _text(it.get("description", "")), schema=_inner(it))


def kind(schema: Node) -> str:
    """What values a schema takes, in a few words."""
    if "$ref" in schema:
        return _name(schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(kind(choice) for choice in choices))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return f"{schema.get('format') or schema.get('type', 'anything')}{_bounds(schema)}"


def _bounds(schema: Node) -> str:
    least = schema.get("minimum", schema.get("minLength", schema.get("exclusiveMinimum")))
    most = schema.get("maximum", schema.get("maxLength"))
    if least is None and most is None:
        return ""
    unit = " characters" if "maxLength" in schema or "minLength" in schema else ""
    if most is None:
        return f", at least {least}{unit}"
    return f", at most {most}{unit}" if least is None else f", {least} to {most}{unit}"


def _inner(schema: Node) -> str:
    """The name of the schema inside a field's, if there is one."""
    if "$ref" in schema:
        return _name(schema)
    inside = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *filter(None, [schema.get("items")])]
    return next((name for name in map(_inner, inside) if name), "")


def _schema_of(holder: Node) -> Node:
    found: Node = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _name(schema: Node) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _example(holder: Node) -> Any:
    return holder.get("content", {}).get("application/json", {}).get("example")


def _pretty(example: Any) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)


def _text(words: str) -> str:
    return " ".join(words.replace("``", "").split())


def _curl(path: str, method: str, about: Node, sent: Any, open_to_all: bool) -> str:
    """A line to try it with, as docs/api.md begins."""
    lines = [f"curl --request {method}"]
    if not open_to_all:
        lines.append('--header "Authorization: Bearer $TOKEN"')
    for it in about.get("parameters", ()):
        if it["in"] == "header" and it.get("required"):
            value = "$(uuidgen)" if it["name"] == "Idempotency-Key" else "$ETAG"
            lines.append(f'--header "{it["name"]}: {value}"')
    if sent is not None:
        quoted = json.dumps(sent, ensure_ascii=False).replace("'", "'\\''")
        lines.append(f"--json '{quoted}'")
    for it in about.get("parameters", ()):
        if it["in"] == "path":
            path = path.replace(f"{{{it['name']}}}", str(it.get("example", f"${it['name'].upper()}")))
    return " \\\n  ".join([*lines, f'"$MAYDAY{path}"'])
