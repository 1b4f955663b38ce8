"""Pages of offers: mine (or, for coordinators, all), a new one, one with where it is, its buttons."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Invalid
from webapp.journal import StaleVersion
from webapp.policy import Action
from webapp.resources import queries, service, types
from webapp.resources.forms import OfferForm, offer_values
from webapp.resources.models import Offer, OfferStatus
from webapp.resources.views import blueprint, number
from webapp.web.answers import done, go, page
from webapp.web.conflict import conflict
from webapp.web.forms import posted_action

STEPS = {
    "withdraw": (service.withdraw_offer, "The offer is withdrawn."),
    "out-of-service": (service.set_out_of_service, "It is out of service."),
    "back-in-service": (service.set_back_in_service, "It is back in service."),
}


@blueprint.get("/offers")
@allows(Action.OFFER_MAKE)
def my_offers() -> Response:
    """My offers and where they are; coordinators choose between theirs and everybody's."""
    actor = current_actor()
    sees_all = policy.may(actor, Action.RESOURCE_BOARD)
    whole = sees_all and request.args.get("mine") != "1"
    status = request.args.get("status", "")
    known = OfferStatus(status) if status in set(OfferStatus) else None
    before = number("before")
    type_id = number("type")
    found = queries.offers(
        queries.PAGE + 1,
        before=before,
        owner_id=None if whole else actor.user_id,
        types=types.branch(type_id),
        status=known,
    )
    first = before is None and known is None and not type_id
    return page(
        "resources/offers.html",
        block="main",
        channels=() if not first else ("resources",) if whole else (f"user:{actor.user_id}",),
        offers=found[: queries.PAGE],
        more=found[queries.PAGE - 1].id if len(found) > queries.PAGE else None,
        limit=queries.PAGE,
        sees_all=sees_all,
        whole=whole,
        only=known,
        type_id=type_id,
        statuses=list(OfferStatus),
        list_id=("offers-all" if whole else "my-offers") if first else "offers-filtered",
    )


@blueprint.route("/offers/new", methods=["GET", "POST"])
@allows(Action.OFFER_MAKE)
def offer_new() -> Response:
    """Offer something: what kind by picture, how much, where."""
    form = OfferForm(request.form)
    form.show(types.tree())
    if request.method == "GET":
        return _form(form)
    if not form.validate():
        return _form(form, status=422)
    try:
        offer = service.make_offer(current_actor(), command_id=form.command, **form.values())
    except Invalid as error:
        form.take(error.fields)
        return _form(form, status=422)
    return go(
        url_for("resources.offer_show", offer_id=offer.id),
        _("Thank you. Coordinators see your offer now."),
    )


@blueprint.get("/offers/<int:offer_id>")
@allows(Action.OFFER_VIEW)
def offer_show(offer_id: int) -> Response:
    """One offer: how much is left, where the rest is, and what can be done with it."""
    offer = _visible(offer_id)
    actor = current_actor()
    return page(
        "resources/offer_show.html",
        block="main",
        channels=("resources",) if policy.may(actor, Action.RESOURCE_BOARD) else (f"user:{actor.user_id}",),
        offer=offer,
        it=queries.these_offers([offer_id])[0],
    )


@blueprint.route("/offers/<int:offer_id>/edit", methods=["GET", "POST"])
@allows(Action.OFFER_EDIT)
def offer_edit(offer_id: int) -> Response:
    """Change an offer."""
    offer = _visible(offer_id)
    form = OfferForm(request.form, data=offer_values(offer))
    form.show(types.tree(with_retired=True))
    if request.method == "GET":
        form.version.data = str(offer.version)
        return _form(form, offer)
    if not form.validate():
        return _form(form, offer, 422)
    back = url_for("resources.offer_show", offer_id=offer_id)
    try:
        service.edit_offer(
            current_actor(),
            offer_id=offer_id,
            seen_version=form.seen_version,
            command_id=form.command,
            **form.values(),
        )
    except StaleVersion as error:
        return conflict(error, form, offer_values(queries.offer(offer_id)), back)
    except Invalid as error:
        form.take(error.fields)
        return _form(form, offer, 422)
    return done(back, _("Saved."))


@blueprint.post("/offers/<int:offer_id>/<any('withdraw', 'out-of-service', 'back-in-service'):step>")
@allows(Action.OFFER_EDIT)
def offer_step(offer_id: int, step: str) -> Response:
    """One button: withdrawn, out of service, back in service."""
    form = posted_action()
    move, said = STEPS[step]
    move(current_actor(), offer_id=offer_id, command_id=form.command)
    return done(url_for("resources.offer_show", offer_id=offer_id), _(said))


def _visible(offer_id: int) -> Offer:
    """The offer, if the person may see it."""
    offer = queries.offer(offer_id)
    policy.require(current_actor(), Action.OFFER_VIEW, offer)
    return offer


def _form(form: OfferForm, offer: Offer | None = None, status: int = 200) -> Response:
    return page("resources/offer_edit.html", status=status, form=form, offer=offer, units=types.units())
