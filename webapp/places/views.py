"""Address search for forms: the places that a text may mean, as radio buttons."""

from flask import Blueprint, render_template, request

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
    places, problem = find(request.args.get("address", ""))
    return render_template(
        FOUND, choices=[as_choice(p) for p in places], problem=problem, attributions=credits(places)
    )


def find(text: str) -> tuple[list[Place], str]:
    """What a text may mean, and words for the person when that is nothing."""
    text = clean_line(text) or ""
    if not text:
        return [], "Write an address or the name of a place, then search."
    try:
        places = current_geocoder().search(text)
    except (Invalid, GeocoderUnavailable) as error:
        return [], error.message
    return places, "" if places else f"Nothing found for “{text[:80]}”. Try fewer words, or type coordinates."


def credits(places: list[Place]) -> list[str]:
    """Whom to credit for these places, each once."""
    return sorted({place.attribution for place in places if place.attribution})
