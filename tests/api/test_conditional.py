"""Whoever reads an ETag can send it back: every conditional operation, with what clients send by themselves.

The operations are those of the OpenAPI document; each needs a change below.
"""

import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.api.caller import token_of
from tests.browser import Browsers
from tests.conftest import dispose, settings_for
from tests.live.conftest import Site, served
from tests.people import Cast
from tests.test_access import Things, make_things
from webapp import create_app
from webapp.api.describing import document
from webapp.extensions import db
from webapp.volunteers import service as volunteers
from webapp.volunteers.models import Assignment, AssignmentStatus

LONG = "Sandbags and blankets for the school, please. " * 30
# What each operation changes; twice, so that a second change can be told from the first.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "edit_event": ({"description": LONG, "priority": 1}, {"priority": 2}),
    "edit_need": ({"description": LONG, "priority": 1}, {"priority": 2}),
    "edit_offer": ({"description": LONG, "condition": "new"}, {"condition": "used"}),
    "edit_me": ({"availability": "By day"}, {"availability": "By night"}),
    "change_role": ({"role": "VC"}, {"role": "SUV"}),
    "rename_device": ({"name": "Van"}, {"name": "Car"}),
    "correct_times": (
        {"checked_in_at": "2026-01-02T08:00:00Z", "reason": LONG[:200]},
        {"checked_in_at": "2026-01-02T09:00:00Z", "reason": "Seen later"},
    ),
}
# Beside what `requests` says by itself: what browsers say, a program that wants plain bytes, tags that a
# compressing proxy has weakened or named anew.
ENCODINGS = [None, "gzip, deflate, br, zstd", "br", "identity"]
# In a page, with nothing said but who asks.
FETCHED = """async ({token, asked}) => {
    const call = async (method, path, headers = {}, body = undefined) => {
        const more = {Authorization: `Bearer ${token}`, "Content-Type": "application/json"};
        return await fetch(path, {method, headers: {...more, ...headers}, body});
    };
    const found = {};
    for (const [name, read, write, first, second] of asked) {
        const change = (tag, body) => call("PATCH", write,
            {"If-Match": tag, "Idempotency-Key": crypto.randomUUID()}, JSON.stringify(body));
        const seen = (await call("GET", read)).headers.get("ETag");
        const kept = await call("GET", read, {"If-None-Match": seen});
        const changed = await change(seen, first);
        const stale = await change(seen, second);
        const again = await change(changed.headers.get("ETag"), second);
        found[name] = [kept.status, changed.status, stale.status, again.status];
    }
    return found;
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """The data of this file."""
    made = tmp_path_factory.mktemp("conditional") / "data"
    shutil.copytree(migrated_sqlite, made)
    return made


@pytest.fixture(scope="module")
def things(folder: Path) -> Things:
    app = create_app(settings_for(folder))
    cast = Cast(app)
    made = make_things(app, cast)
    with app.app_context():
        present = db.session.get_one(Assignment, made.assignment_id)
        if present.status is not AssignmentStatus.CHECKED_IN:
            volunteers.check_in(cast.ada.actor, assignment_id=made.assignment_id)
    dispose(app)
    return made


@pytest.fixture(scope="module")
def site(folder: Path, things: Things) -> Iterator[Site]:
    """The server of this file."""
    with served(folder, limit_writes="10000 per minute") as found:
        yield found


def conditional(site: Site, things: Things) -> list[tuple[str, str, str]]:
    """(operation, where it reads, where it writes) of each that takes an If-Match."""
    with site.app.test_request_context():
        paths = document()["paths"]
    found = []
    for path, operations in paths.items():
        for operation in operations.values():
            if "If-Match" not in {it["name"] for it in operation.get("parameters", [])}:
                continue
            read = path
            while "get" not in paths.get(read, {}):
                read = read.rpartition("/")[0]
            real = [re.sub(r"{(\w+)}", lambda it: str(getattr(things, it[1])), it) for it in (read, path)]
            found.append((operation["operationId"], *real))
    return found


def test_every_conditional_operation_is_tried_here(site: Site, things: Things) -> None:
    assert {name for name, _, _ in conditional(site, things)} == set(CHANGES)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", CHANGES)
def test_a_program_with_its_defaults(site: Site, things: Things, name: str, encoding: str | None) -> None:
    read, write = next(it[1:] for it in conditional(site, things) if it[0] == name)
    program = requests.Session()
    program.headers["Authorization"] = f"Bearer {token_of(site.app, site.cast.ada.id)}"
    if encoding is not None:
        program.headers["Accept-Encoding"] = encoding

    def change(tag: str, body: dict[str, Any]) -> requests.Response:
        headers = {"If-Match": tag, "Idempotency-Key": str(uuid.uuid4())}
        return program.patch(site.url + write, json=body, headers=headers)

    first, second = CHANGES[name]
    seen = program.get(site.url + read)
    tag = seen.headers["ETag"]
    kept = program.get(site.url + read, headers={"If-None-Match": tag})
    assert (kept.status_code, kept.headers["ETag"]) == (304, tag)
    changed = change(tag, first)
    assert changed.status_code == 200, changed.text
    assert change(tag, second).status_code == 412
    news = program.get(site.url + read, headers={"If-None-Match": tag})
    assert news.status_code == 200
    assert change(changed.headers["ETag"], second).status_code == 200
    if encoding == "identity":
        assert "Content-Encoding" not in news.headers
    elif len(news.content) > 500:
        coding = news.headers["Content-Encoding"]
        assert news.headers["ETag"].endswith(f':{coding}"'), "other bytes, another tag (RFC 9110, 8.8.3.3)"


def test_tags_that_something_on_the_way_has_changed(site: Site, things: Things) -> None:
    program = requests.Session()
    program.headers["Authorization"] = f"Bearer {token_of(site.app, site.cast.ada.id)}"
    url = f"{site.url}/api/v1/events/{things.event_id}"
    for number, shape in enumerate(["W/{}", "{}", '"event-999-v1", {}', "{}-gzip", "{}:br"]):
        tag = program.get(url, headers={"Accept-Encoding": "identity"}).headers["ETag"]
        given = shape.format(tag) if not shape.startswith("{}") else f'"{shape.format(tag.strip(chr(34)))}"'
        headers = {"If-Match": given, "Idempotency-Key": str(uuid.uuid4())}
        answer = program.patch(url, json={"title": f"Flood {number}"}, headers=headers)
        assert answer.status_code == 200, given
    for given in ("*", '"event-1-v1:nonsense"', '"need-1-v1:gzip"', '"event-1-v1:gzip:gzip"'):
        headers = {"If-Match": given, "Idempotency-Key": str(uuid.uuid4())}
        assert program.patch(url, json={"title": "x"}, headers=headers).status_code == 412, given


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_with_its_defaults(site: Site, things: Things, browsers: Browsers) -> None:
    page = browsers.open(None, site.url, "/sign-in")
    asked = [(*it, *CHANGES[it[0]]) for it in conditional(site, things)]
    token = token_of(site.app, site.cast.ada.id)
    found = page.evaluate(FETCHED, {"token": token, "asked": asked})
    # The browser's own cache answers 304 for the page, which sees 200 unless it asked by itself.
    assert found == {name: [304, 200, 412, 200] for name in CHANGES}


PAGES = ["/public", "/feed.atom", "/files/{key}", "/static/css/mayday.css", "/api/v1/events"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_was_read_is_not_read_again(site: Site, things: Things, encoding: str | None) -> None:
    program = requests.Session()
    program.headers["Authorization"] = f"Bearer {token_of(site.app, site.cast.ada.id)}"
    if encoding is not None:
        program.headers["Accept-Encoding"] = encoding
    cookie = site.cast.ada.client.get_cookie("mayday")
    assert cookie is not None
    for path in PAGES:
        url = site.url + path.format(key=things.key)
        who = {} if path.startswith("/api") else {"Cookie": f"mayday={cookie.value}", "Authorization": ""}
        first = program.get(url, headers=who)
        assert first.status_code == 200, path
        again = program.get(url, headers=who | {"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.headers["ETag"]) == (304, first.headers["ETag"]), path
        assert "Accept-Encoding" in first.headers["Vary"], path
