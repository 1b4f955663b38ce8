"""Locations from addresses over the API."""

from webapp.api.operation import operation
from webapp.extensions import db
from webapp.places import current_geocoder
from webapp.places.schemas import PlaceList, PlaceOut, PlaceQuery
from webapp.policy import Action


@operation("GET", "/places", Action.PLACE_SEARCH, tag="Places", gives=PlaceList)
def search_places(query: PlaceQuery) -> PlaceList:
    """Where an address or a name is.

    While the address service is away, the built-in gazetteer answers: towns and cities, no streets.
    """
    db.session.rollback()  # no transaction waits for the address service
    found = current_geocoder().search(query.q, near=query.near, limit=query.limit)
    return PlaceList(items=[PlaceOut.model_validate(place) for place in found])
