"""Needs and offers side by side, the allocate form, and the steps of an allocation."""

from decimal import Decimal

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Conflict, Invalid, NotFound
from webapp.policy import Action
from webapp.resources import matching, queries, service, types
from webapp.resources.amounts import written
from webapp.resources.forms import AllocateForm
from webapp.resources.matching import Match
from webapp.resources.models import OfferStatus
from webapp.resources.queries import NeedCard
from webapp.web.answers import done, page, safe_next
from webapp.web.forms import posted_action
from webapp.web.numbers import row_number

blueprint = Blueprint("resources", __name__)

SUGGESTIONS = 20  # offers ranked for one need
_PRIORITIES = ("1", "2", "3", "4", "5")

STEPS = {
    "dispatch": (service.dispatch, "It is on its way."),
    "deliver": (service.deliver, "Delivered."),
    "return": (service.take_back, "It is back and free again."),
    "release": (service.release, "Released."),
}


@blueprint.get("/resources")
@allows(Action.RESOURCE_BOARD)
def side_by_side() -> Response:
    """Needs left, offers right, of one type; ``need`` ranks the offers for that one."""
    kinds = types.tree()
    type_id = number("type")
    branch = types.branch(type_id)
    picked = _picked(number("need"))
    after = cursor(request.args.get("after", ""))
    before = number("before")
    needs = queries.unmet_needs(queries.PAGE + 1, after, branch)
    offers = queries.offers(queries.PAGE + 1, before=before, types=branch, status=OfferStatus.AVAILABLE)
    whole = not branch and picked is None and after is None and before is None
    return page(
        "resources/side_by_side.html",
        block="main",
        channels=("resources",) if after is None and before is None else (),
        kinds=kinds,
        unmet=types.with_below(kinds, queries.unmet_by_type()),
        type_id=type_id if branch else None,
        needs=queries.with_best(needs[: queries.PAGE]),
        offers=offers[: queries.PAGE],
        next_needs=f"{needs[-2].priority}-{needs[-2].id}" if len(needs) > queries.PAGE else None,
        next_offers=offers[-2].id if len(offers) > queries.PAGE else None,
        limit=queries.PAGE,
        whole=whole,
        picked=picked,
        form=AllocateForm(),
        rows=_prefilled(picked, _ranked(picked)) if picked else [],
    )


@blueprint.route("/needs/<int:need_id>/allocate", methods=["GET", "POST"])
@allows(Action.ALLOCATE)
def allocate(need_id: int) -> Response:
    """Choose amounts of the offers that suit a need; all of them are promised, or none."""
    need = _picked(need_id)
    form = AllocateForm(request.form)
    if need is None:
        raise NotFound(_("There is no such need."))
    if request.method == "GET":
        return _allocate_page(need, form)
    if not form.validate():
        return _allocate_page(need, form, 422)
    try:
        service.allocate_many(
            current_actor(),
            need_id=need_id,
            amounts=form.amounts(request.form.items()),
            oversupply=form.oversupply.data,
            command_id=form.command,
        )
    except (Invalid, Conflict) as error:
        return _allocate_page(_picked(need_id) or need, form, error.status, error.message)
    back = url_for("events.show", event_id=need.event_id)
    return done(safe_next(request.form.get("next"), back), _("Allocated."))


@blueprint.post("/allocations/<int:allocation_id>/<any(dispatch, deliver, return, release):step>")
@allows(Action.ALLOCATION_DELIVER)
def allocation_step(allocation_id: int, step: str) -> Response:
    """One button: what was promised is sent, there, back, or not needed."""
    form = posted_action()
    move, said = STEPS[step]
    allocation = move(current_actor(), allocation_id=allocation_id, command_id=form.command)
    seen = Action.NEED_WRITE if policy.may(current_actor(), Action.NEED_WRITE) else None
    back = (
        url_for("resources.need_show", need_id=allocation.need_id)
        if seen
        else url_for("resources.offer_show", offer_id=allocation.offer_id)
    )
    return done(safe_next(request.form.get("next"), back), _(said))


def number(name: str) -> int | None:
    """An id from the address; anything that cannot be one is as if it were not there."""
    return row_number(request.args.get(name))


def cursor(text: str) -> tuple[int, int] | None:
    """A place in the list of needs, as ``priority-id``; anything else is the first page."""
    priority, _dash, id_ = text.partition("-")
    number = row_number(id_)
    return (int(priority), number) if number is not None and priority in _PRIORITIES else None


def _picked(need_id: int | None) -> NeedCard | None:
    found = queries.these_needs([need_id]) if need_id is not None else []
    return found[0] if found else None


def _ranked(need: NeedCard) -> list[Match]:
    return matching.ranked([need.id], SUGGESTIONS)


def _prefilled(need: NeedCard, matches: list[Match]) -> list[tuple[Match, str]]:
    """Each offer with an amount: what was typed, or enough of the best of the same type."""
    rows: list[tuple[Match, str]] = []
    missing = need.missing
    for match in matches:
        amount = min(match.left, missing) if match.same_type else Decimal(0)
        missing -= amount
        rows.append((match, request.form.get(f"offer-{match.offer_id}", written(amount))))
    return rows


def _allocate_page(need: NeedCard, form: AllocateForm, status: int = 200, message: str = "") -> Response:
    return page(
        "resources/allocate.html",
        status=status,
        need=need,
        form=form,
        rows=_prefilled(need, _ranked(need)),
        message=message,
        next_url=safe_next(request.values.get("next"), ""),
    )
