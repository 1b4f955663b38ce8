"""Address search for forms: the places that a text may mean, as radio buttons."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from webapp.access import allows
from webapp.errors import Invalid
from webapp.places import GeocoderUnavailable, current_geocoder
from webapp.places.choices import as_choice
from webapp.places.geocoder import Place
from webapp.policy import Action
from webapp.web.forms import clean_line

blueprint = Blueprint("places", __name__)

FOUND = "places/_found.html"


@blueprint.get("/places")
@allows(Action.PLACE_SEARCH)
def search() -> str:
    """The part of a form that offers places for ``address``."""
    typed = clean_line(request.args.get("address")) or ""
    places, problem = find(typed)
    return render_template(
        FOUND,
        typed=typed,
        choices=[as_choice(p) for p in places],
        problem=problem,
        attributions=credits(places),
    )


def find(text: str) -> tuple[list[Place], str]:
    """What a text may mean, and words for the person when that is nothing."""
    text = clean_line(text) or ""
    if not text:
        return [], _("Write an address or the name of a place, then search.")
    try:
        places = current_geocoder().search(text)
    except (Invalid, GeocoderUnavailable) as error:
        return [], error.message
    if not places:
        return [], _("Nothing found for “%(text)s”. Try fewer words, or type coordinates.", text=text[:80])
    return places, ""


def credits(places: list[Place]) -> list[str]:
    """Whom to credit for these places, each once."""
    return sorted({place.attribution for place in places if place.attribution})
