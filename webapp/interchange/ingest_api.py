"""Taking in an event with its location and needs over the API."""

from flask import url_for

from webapp import policy
from webapp.accounts.identity import current_actor
from webapp.api.operation import operation
from webapp.api.writing import command_id, tagged
from webapp.events import api as events
from webapp.events.models import Source
from webapp.interchange import ingest
from webapp.interchange.ingest import Wanted
from webapp.interchange.ingest_schemas import Ingest, Ingested
from webapp.places.schemas import PlaceOut
from webapp.policy import Action
from webapp.resources import api as needs
from webapp.resources import queries


@operation("POST", "/events/ingest", Action.EVENT_REPORT, tag="Events", gives=Ingested, status=201, known=200)
def ingest_event(json: Ingest) -> tuple[Ingested, int, dict[str, str]]:
    """Take in an event with its location and needs: all of it or nothing.

    An authority's event is active at once. Anybody else's is a report that waits to be verified, and its
    needs are lines of its description, because only active events have needs. An address without a position
    is looked up; while that fails, the words stay and the position is null. Told again under the same
    `source_ref`, the event that is here is answered and nothing is changed.
    """
    actor = current_actor()
    taken = ingest.take_in(
        actor,
        wanted=[Wanted(**one.model_dump()) for one in json.needs],
        command_id=command_id(),
        source=Source.IMPORT,
        **events.fields_of(json, besides={"needs"}),
    )
    event = taken.event
    headers = tagged(event, "event") | {"Location": url_for("api.show_event", event_id=event.id)}
    may = policy.may(actor, Action.NEED_VIEW)
    shown = Ingested(
        event=events.shown(event),
        needs=[needs.shown(need) for need in queries.needs_of_event(event.id)] if may else [],
        is_new=taken.is_new,
        place=PlaceOut.model_validate(taken.place) if taken.place is not None else None,
    )
    return shown, 201 if taken.is_new else 200, headers
