"""All tables in one place: importing this makes the metadata whole."""

from sqlalchemy.orm import configure_mappers

from webapp.accounts import models as accounts
from webapp.accounts import token_models as tokens
from webapp.attachments import models as attachments
from webapp.board import counters
from webapp.calendars import models as calendars
from webapp.cap import models as cap
from webapp.devices import models as devices
from webapp.events import models as events
from webapp.feeds import models as feeds
from webapp.jobs import models as jobs
from webapp.journal import models as journal
from webapp.messages import models as messages
from webapp.resources import models as resources
from webapp.volunteers import models as volunteers
from webapp.webhooks import models as webhooks

FEATURES = (
    accounts,
    attachments,
    calendars,
    cap,
    counters,
    devices,
    events,
    feeds,
    jobs,
    journal,
    messages,
    resources,
    tokens,
    volunteers,
    webhooks,
)


def configure() -> None:
    """Check every mapper once, at start rather than at the first request."""
    configure_mappers()
