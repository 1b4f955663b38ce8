"""A real server with the demo response on it, made once for all stories that only look."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from playwright.sync_api import Browser, Page

from tests.api.caller import paired
from tests.conftest import dispose, settings_for
from tests.servers import running_server
from webapp import create_app
from webapp.accounts import sessions
from webapp.accounts.models import User
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.feeds import service as feeds
from webapp.journal import SYSTEM, Role
from webapp.journal.actor import DeviceKind
from webapp.messages import service as messages
from webapp.messages.audience import Audience
from webapp.messages.models import AudienceKind, MessagePriority
from webapp.resources.models import Need, NeedStatus, Offer
from webapp.volunteers.models import Assignment, AssignmentStatus


@dataclass
class Demo:
    """The demo response on a running server, with a signed-in cookie for each role."""

    url: str
    cookies: dict[str, str]
    ids: dict[str, int]
    chromium: Browser

    def open(self, role: str, path: str, **options: object) -> Page:
        """A page of the demo as somebody of this role ("" for a stranger)."""
        context = self.chromium.new_context(**options)  # type: ignore[arg-type]
        if role:
            context.add_cookies([{"name": "mayday", "value": self.cookies[role], "url": self.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(self.url + path.format(**self.ids))
        return page


@pytest.fixture(scope="module")
def demo(
    chromium: Browser, demo_sqlite: tuple[Path, Result], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """The demo, served."""
    folder = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(demo_sqlite[0], folder)
    settings = settings_for(folder)
    app = create_app(settings)
    cookies, ids = {}, {}
    with app.app_context():
        standing = db.session.execute(
            db.select(Assignment).where(Assignment.status == AssignmentStatus.CHECKED_IN).limit(1)
        ).scalar_one()
        volunteer = db.session.get(User, standing.user_id)
        ids["event"] = standing.event_id
        ids["user"] = standing.user_id
        ids["assignment"] = standing.id
        unmet = db.select(db.func.min(Need.id)).where(
            Need.status == NeedStatus.PARTLY_MET, Need.event_id == standing.event_id
        )
        ids["need"] = db.session.execute(unmet).scalar_one() or 1
        ids["offer"] = db.session.execute(db.select(db.func.min(Offer.id))).scalar_one()
        pending = db.select(Event.id).where(Event.status == EventStatus.PENDING).limit(1)
        ids["pending"] = db.session.execute(pending).scalar_one()
        ids["device"] = paired(SYSTEM, owner_id=standing.user_id, kind=DeviceKind.PHONE).id
        feed = feeds.subscribe(
            SYSTEM, url="https://met.example/alerts.atom", name="Met Office", least_severity="Severe"
        )
        ids["feed"] = feed.id
        ids["letter"] = messages.send(
            SYSTEM,
            audience=Audience(AudienceKind.EVENT, event_id=standing.event_id),
            body="The dam may give way. Move to high ground now.",
            priority=MessagePriority.IMMEDIATE,
        ).id
        for role in Role:
            user = volunteer if role is Role.SUV else None
            user = user or db.session.execute(db.select(User).where(User.role == role).limit(1)).scalar_one()
            client = app.test_client()
            with client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = sessions.start(SYSTEM, user), True
            cookie = client.get_cookie("mayday")
            assert cookie
            cookies[role.value] = cookie.value
    dispose(app)
    with running_server(settings) as server:
        yield Demo(server.url, cookies, ids, chromium)
