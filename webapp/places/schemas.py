"""Places as the API finds and shows them."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from webapp.api.schemas import Latitude, Longitude, Shown, Strict, Text, example
from webapp.places.geocoder import MAX_LIMIT, MAX_TEXT, Point
from webapp.places.precision import LocationPrecision


class PlaceQuery(Strict):
    """What to look for, and near what."""

    q: Annotated[Text, StringConstraints(min_length=1, max_length=MAX_TEXT)] = Field(
        description="An address, a name, or coordinates."
    )
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    limit: int = Field(5, ge=1, le=MAX_LIMIT)

    @model_validator(mode="after")
    def _whole(self) -> "PlaceQuery":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        return self

    @property
    def near(self) -> Point | None:
        """The position near which places are preferred."""
        if self.latitude is None or self.longitude is None:
            return None
        return Point(self.latitude, self.longitude)


class PlaceOut(Shown):
    """A place that the words may mean."""

    name: str
    label: str = Field(description="The whole address, to be shown.")
    latitude: float
    longitude: float
    kind: str
    country_code: str
    source: str = Field(description="Who knew it.")
    precision: LocationPrecision = Field(description="What the position is the position of.")
    attribution: str = Field(description="Whom to credit where it is shown.")


class PlaceList(Shown):
    """The best first; empty when nothing is found."""

    items: list[PlaceOut]

    model_config = Shown.model_config | example(
        {
            "items": [
                {
                    "name": "Vesterbro",
                    "label": "Vesterbro, Copenhagen, Denmark",
                    "latitude": 55.6667,
                    "longitude": 12.5519,
                    "kind": "suburb",
                    "country_code": "dk",
                    "source": "gazetteer",
                    "precision": "town",
                    "attribution": "GeoNames",
                }
            ]
        }
    )
