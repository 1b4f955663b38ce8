"""How an operation is declared: its address, who may, what goes in and comes out, what can go wrong."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, request
from pydantic import BaseModel, ValidationError
from spectree import Response as Answers
from spectree import SpecTree
from spectree.model_adapter import ModelClass
from spectree.model_adapter.protocol import SchemaMode

from webapp.access import allows
from webapp.api.ageing import Ageing
from webapp.api.blueprint import blueprint, lenient
from webapp.api.schemas import ErrorEnvelope
from webapp.api.words import words_for
from webapp.api.writing import command_id, optional_key
from webapp.errors import Invalid
from webapp.policy import OPEN_TO_ALL, Action

F = TypeVar("F", bound=Callable[..., Any])
_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Declared:
    """What the description of an operation needs besides its schemas."""

    method: str
    status: int
    open: bool
    keyed: bool
    conditional: bool
    tag: str
    ageing: Ageing | None


declared: dict[str, Declared] = {}  # by endpoint, without the blueprint's name


def refuse(_request: Any, _response: Any, error: Exception | None, _instance: Any, _adapter: Any) -> None:
    """What does not fit its schema is refused in the standard envelope, every field named."""
    if not isinstance(error, ValidationError):
        return
    fields: dict[str, str] = {}
    for each in error.errors(include_url=False):
        place = ".".join(str(part) for part in each["loc"]) or "body"
        fields.setdefault(place, words_for(each))
    raise Invalid("Some of what you sent cannot be accepted. See data.errors.", fields=fields)


class _Tree(SpecTree):
    """Makes the schemas of the document when it is first read, each once.

    spectree makes them at each declaration: those of the error envelope some 600 times, a second of start-up.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._waiting: dict[str, tuple[ModelClass, SchemaMode]] = {}
        super().__init__(*args, **kwargs)

    def _add_model(self, model: ModelClass, mode: SchemaMode = "validation") -> str:
        key = self.naming_strategy(model)
        self._waiting[key] = (model, mode)
        return key

    def _generate_spec(self) -> dict[str, Any]:
        for model, mode in self._waiting.values():
            super()._add_model(model, mode)
        return super()._generate_spec()


tree = _Tree(
    "flask",
    title="Mayday",
    version="1.0.0",
    mode="strict",
    page_templates={},
    naming_strategy=lambda model: model.__name__.replace("[", "_of_").replace("]", ""),
    nested_naming_strategy=lambda _parent, child: child.replace("[", "_of_").replace("]", ""),
    validation_error_status=422,
    validation_error_model=ErrorEnvelope,
    before=refuse,
)


def operation(
    method: str,
    path: str,
    action: Action,
    *,
    tag: str,
    gives: type[BaseModel] | None,
    status: int = 200,
    known: int | None = None,
    says: str = "",
    also: tuple[int, ...] = (),
    keyed: bool | None = None,
    conditional: bool = False,
    one_by_one: bool = False,
    ageing: Ageing | None = None,
) -> Callable[[F], F]:
    """Register a view of the API.

    ``gives`` is the schema of its answer (None: no body), with ``status``; ``says`` describes it;
    ``known`` is the status when what was to be made is here already; ``also`` are statuses of refusals that
    only this operation has. ``keyed``: it needs an Idempotency-Key (all writes
    do unless they say otherwise). ``conditional``: it needs an If-Match. ``one_by_one``:
    its body is a batch whose items the view judges each by itself. ``ageing``: it will go.
    """
    writes = method not in _READING
    keyed = writes if keyed is None else keyed
    errors = {*also, *_errors(path, action, writes=writes, conditional=conditional)}
    answers: dict[str, Any] = {f"HTTP_{code}": ErrorEnvelope for code in sorted(errors)}
    for given in {status, known or status}:
        answers[f"HTTP_{given}"] = (gives, says) if says else gives

    def register(view: F) -> F:
        validated = tree.validate(
            resp=Answers(**answers),
            tags=(tag,),
            operation_id=view.__name__,
        )(view)

        taken = inspect.signature(view).parameters

        @functools.wraps(view)
        def run(*args: Any, **kwargs: Any) -> Any:
            if writes:
                command_id() if keyed else optional_key()
            if writes and "json" not in taken:
                _refuse_body()
            if "query" not in taken:
                _refuse_query()
            return validated(*args, **kwargs)

        run.__wrapped__ = validated
        opened = action in OPEN_TO_ALL
        declared[view.__name__] = Declared(method, status, opened, keyed, conditional, tag, ageing)
        if one_by_one:
            lenient.add(view.__name__)
        blueprint.add_url_rule(path, view.__name__, allows(action)(run), methods=[method])
        return view

    return register


def _errors(path: str, action: Action, *, writes: bool, conditional: bool) -> set[int]:
    """The statuses of the refusals that every operation of this kind has."""
    found = {429, 503}
    if action not in OPEN_TO_ALL:
        found |= {401, 403}
    if "<" in path:
        found.add(404)
    if writes:
        found |= {400, 409, 413, 415, 422}
    if conditional:
        found |= {412, 428}
    return found


@blueprint.after_request
def tell_of_ageing(response: Response) -> Response:
    """Every answer of an operation that will go says so, refusals too."""
    about = declared.get((request.endpoint or "").rpartition(".")[2])
    if about is not None and about.ageing is not None:
        about.ageing.tell(response.headers)
    return response


def _refuse_query() -> None:
    """For operations without a question: refuse filters that would narrow nothing. Raises `Invalid`."""
    if request.args:
        words = "This takes nothing in its query."
        raise Invalid(words, fields=dict.fromkeys(request.args, words))


def _refuse_body() -> None:
    """For writes without a schema: refuse a body that nobody would read. Raises `Invalid`."""
    if request.get_json(silent=True):
        raise Invalid("This takes no body.")
