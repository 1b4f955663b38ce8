"""The columns of each table: their names, their HXL hashtags, and the words others use for them.

Hashtags and attributes are those of the HXL 1.1 dictionary (hxlstandard.org, final of 2018-04-30) where it
has one: ``#value`` is money there, so an amount is ``+num`` of what it counts. Other attributes are our own,
as the standard allows.
"""

import enum
from typing import NamedTuple


class Table(enum.StrEnum):
    """What can be a table."""

    EVENTS = "events"
    NEEDS = "needs"
    OFFERS = "offers"
    PEOPLE = "people"


# The hashtags of that dictionary: a cell with another word behind its # is what somebody wrote.
HASHTAGS = frozenset(
    f"#{word}"
    for line in (
        "access activity adm1 adm2 adm3 adm4 adm5 affected beneficiary capacity cause channel",
        "contact country crisis currency date delivery description event frequency geo group impact",
        "indicator inneed item loc meta modality need operations org output population reached",
        "region respondee sector service severity status subsector targeted value",
    )
    for word in line.split()
)


class Column(NamedTuple):
    """One column. The first tag is written, all are understood; ``also`` are other headings for it."""

    name: str
    tags: tuple[str, ...]
    also: tuple[str, ...] = ()
    contact: bool = False  # how to reach somebody: only with the right to it, and journalled
    given: bool = True  # an import takes it; the others follow from something else


_ID = Column("id", ("#meta+id",), ("serial", "no", "number", "fid", "objectid", "nr"))
_REF = Column(
    "ref", ("#meta+id+ref",), ("source ref", "source reference", "reference", "external id", "uuid")
)
_DESCRIPTION = Column(
    "description", ("#description",), ("details", "text", "notes", "comment", "comments", "remarks")
)
_LATITUDE = Column("latitude", ("#geo+lat",), ("lat", "y", "breite", "latitud"))
_LONGITUDE = Column("longitude", ("#geo+lon",), ("lon", "lng", "long", "x", "länge", "longitud"))
_PRECISION = Column("location_precision", ("#geo+precision",))
_PLACE = Column(
    "place_name", ("#loc+name", "#loc"), ("place", "location", "location name", "city", "town", "village")
)
_PRIORITY = Column("priority", ("#severity+priority",), ("prio", "importance"))
_STATUS = Column("status", ("#status+name", "#status"), ("state",))
_CREATED = Column("created_at", ("#date+created",), ("created",), given=False)
_TYPE = Column(
    "type", ("#item+code", "#item+type", "#service+type"), ("resource type", "category", "item type", "code")
)
_UNIT = Column("unit", ("#item+unit", "#need+unit"), ("units", "unit of measure", "uom"))

COLUMNS: dict[Table, tuple[Column, ...]] = {
    Table.EVENTS: (
        _ID,
        _REF,
        Column(
            "title",
            ("#event+name", "#event", "#crisis+name", "#crisis"),
            ("name", "event", "incident", "incident title", "event name", "what", "titre", "título"),
        ),
        _DESCRIPTION,
        Column("category", ("#event+type+code", "#cause+type"), ("cap category", "type", "event type")),
        Column("kind", ("#event+type+name", "#event+type"), ("sort", "subcategory", "incident type")),
        Column("tags", ("#meta+tags",), ("keywords", "labels")),
        _PRIORITY,
        Column("severity", ("#severity+name", "#severity"), ("cap severity",)),
        Column("urgency", ("#severity+urgency",), ("cap urgency",)),
        Column("certainty", ("#severity+certainty",), ("cap certainty",)),
        _STATUS,
        _LATITUDE,
        _LONGITUDE,
        _PRECISION,
        Column("address", ("#loc+address",), ("street", "adresse", "dirección", "where")),
        _PLACE,
        Column(
            "reported_at",
            ("#date+reported", "#date+occurred", "#date"),
            ("date", "time", "datetime", "reported", "incident date", "date reported", "when"),
        ),
        Column("opened_at", ("#date+start",), ("opened",)),
        Column("closed_at", ("#date+end",), ("closed",)),
        Column("closing_note", ("#status+description",), ("reason",)),
        Column("visibility", ("#meta+visibility",)),
        Column("needs_approval", ("#meta+approval",), ("approval",)),
        Column("part_of", ("#meta+id+parent",), ("parent", "parent ref")),
        Column("source", ("#meta+source",), given=False),
        Column("needs_total", ("#indicator+num+needs",), given=False),
        Column("needs_unmet", ("#indicator+num+needs+unmet",), given=False),
        Column("people_expected", ("#capacity+num+expected",), given=False),
        Column("people_checked_in", ("#capacity+num+present",), given=False),
        Column("alert_expires_at", ("#date+expires",), given=False),
        _CREATED,
    ),
    Table.NEEDS: (
        _ID,
        _REF,
        Column("event_ref", ("#event+code",), ("event source ref", "event reference")),
        Column("event_id", ("#event+id",), ("event number", "incident id")),
        Column("event", ("#event+name", "#event"), ("event title", "event name", "incident", "for")),
        _TYPE,
        Column(
            "name",
            ("#need+name", "#need", "#item+name", "#item"),
            ("need", "item", "title", "what", "resource"),
        ),
        _DESCRIPTION,
        Column("quantity", ("#need+num", "#item+num"), ("amount", "qty", "count", "how many", "needed")),
        _UNIT,
        _PRIORITY,
        Column("needed_by", ("#date+end", "#date"), ("needed by", "by", "due", "deadline")),
        _STATUS,
        Column("allocated", ("#output+num",), given=False),
        _LATITUDE._replace(given=False),
        _LONGITUDE._replace(given=False),
        _PRECISION._replace(given=False),
        _PLACE._replace(given=False),
        _CREATED,
    ),
    Table.OFFERS: (
        _ID,
        _REF,
        _TYPE,
        Column("name", ("#item+name", "#item", "#service"), ("offer", "item", "title", "what", "resource")),
        _DESCRIPTION,
        Column(
            "quantity",
            ("#capacity+num", "#capacity", "#item+num"),
            ("amount", "qty", "count", "how many", "available"),
        ),
        _UNIT,
        Column("condition", ("#item+condition",)),
        _STATUS,
        Column("allocated", ("#output+num",), given=False),
        _LATITUDE,
        _LONGITUDE,
        _PRECISION,
        _PLACE,
        Column("available_from", ("#date+start",), ("from", "start")),
        Column("available_until", ("#date+end",), ("until", "to", "end")),
        Column("owner", ("#contact+name", "#org+name", "#org"), ("owner name", "organisation", "donor")),
        Column("owner_email", ("#contact+email",), ("email", "e-mail", "mail"), contact=True),
        Column("owner_phone", ("#contact+phone",), ("phone", "telephone", "mobile"), contact=True),
        _CREATED,
    ),
    Table.PEOPLE: (
        _ID,
        Column("name", ("#contact+name", "#contact"), ("full name", "person", "volunteer", "nom", "nombre")),
        Column("role", ("#contact+type",), given=False),
        _STATUS._replace(given=False),
        Column("skills", ("#capacity+type", "#capacity"), ("skill", "can do", "abilities")),
        Column("languages", ("#contact+languages",), ("language", "speaks")),
        Column("availability", ("#date+availability",), ("available", "when")),
        Column(
            "email", ("#contact+email",), ("e-mail", "mail", "email address", "e-mail address"), contact=True
        ),
        Column(
            "phone",
            ("#contact+phone",),
            ("telephone", "mobile", "cell", "phone number", "tel", "contact"),
            contact=True,
        ),
        Column(
            "home_area", ("#loc+name", "#loc"), ("area", "home", "city", "town", "lives in"), contact=True
        ),
        _CREATED,
    ),
}
# Without these there is nothing to make a row of; of each tuple one is enough.
NEEDED: dict[Table, tuple[tuple[str, ...], ...]] = {
    Table.EVENTS: (("title",),),
    Table.NEEDS: (("name",), ("event_ref", "event_id", "event")),
    Table.OFFERS: (("name",),),
    Table.PEOPLE: (("name",), ("email", "phone")),
}


def written(table: Table, *, contacts: bool) -> tuple[Column, ...]:
    """The columns of an export. An event's number says nothing elsewhere: a need names it by reference."""
    return tuple(
        column for column in COLUMNS[table] if column.name != "event_id" and (contacts or not column.contact)
    )


def has_contacts(table: Table) -> bool:
    """Whether this table can say how to reach people."""
    return any(column.contact for column in COLUMNS[table])
