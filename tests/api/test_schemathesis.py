"""Every operation as each role, asked by a machine: no error of ours, nothing that is not documented.

Schemathesis makes requests from the document, right ones and wrong ones, and compares the answers with it.
What it makes is the same each time.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import BaseSchema, Case, GenerationMode

from tests.api.caller import paired, token_of
from tests.api.test_openapi import DOCUMENT
from tests.conftest import dispose, settings_for, wait_for_no_disk
from tests.people import Cast, Known
from tests.test_access import Things, make_things
from webapp import create_app
from webapp.journal import SYSTEM
from webapp.journal.actor import DeviceKind

pytestmark = pytest.mark.slow
# A limit would answer for the operation.
LIMITS = ("limit_writes", "limit_reads", "limit_sign_in", "limit_sign_up")
# Of each operation the first cases are asked, and of the others, which differ less, one in so many.
FIRST, ONE_IN = 20, 4
# An address that holds the request until something comes.
LONG_POLL = "wait"


@dataclass
class World:
    """An app with one of everything in it, and who asks."""

    app: Flask
    things: Things
    user_id: int | None
    device_id: int | None = None
    _tokens: dict[str, str] = field(default_factory=dict)
    _cases: Counter[str] = field(default_factory=Counter)

    def skips(self, case: Case) -> bool:
        """Whether there were enough like this one."""
        label = case.operation.label
        self._cases[label] += 1
        return self._cases[label] > FIRST and self._cases[label] % ONE_IN != 0

    def headers(self, case: Case) -> dict[str, str]:
        """A sign-in for each operation, as one of them ends it."""
        plain = {"Accept-Encoding": "identity"}
        if self.user_id is None:
            return plain
        label = case.operation.label
        if label not in self._tokens:
            self._tokens[label] = token_of(self.app, self.user_id, self.device_id)
        return plain | {"Authorization": f"Bearer {self._tokens[label]}"}

    def aim(self, case: Case) -> None:
        """Have a right request be about what is there, at its present version."""
        case.operation.schema.app = self.app
        if LONG_POLL in case.query:
            case.query[LONG_POLL] = 0
        if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
            return
        for name in case.path_parameters:
            case.path_parameters[name] = getattr(self.things, name, case.path_parameters[name])
        if "If-Match" in case.headers:
            client = self.app.test_client(use_cookies=False)
            found = client.get(case.formatted_path, headers=self.headers(case)).headers.get("ETag")
            case.headers["If-Match"] = found or case.headers["If-Match"]


@pytest.fixture(scope="module")
def world(
    request: pytest.FixtureRequest,
    peopled_sqlite: tuple[Path, dict[str, Known]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world") / "data"
    shutil.copytree(peopled_sqlite[0], folder)
    app = create_app(settings_for(folder, **dict.fromkeys(LIMITS, "1000000 per minute")))
    wait_for_no_disk(app)
    cast = Cast(app, peopled_sqlite[1])
    people = {"SUV": cast.sam.id, "VC": cast.vera.id, "AUTHORITY": cast.ada.id, "phone": cast.sam.id}
    made = World(app, make_things(app, cast), people.get(request.param))
    if request.param == "phone":
        with app.app_context():
            made.device_id = paired(SYSTEM, owner_id=cast.sam.id, kind=DeviceKind.PHONE).id
    yield made
    dispose(app)


def described(*, coverage: bool) -> BaseSchema:
    """The document; with ``coverage`` each constraint of each field is tried, too.

    Left out: whether everything that fits a schema is accepted. Passwords that everybody tries first, half
    a position or an unknown contact fit it, and are refused with words.
    """
    refused = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]
    config = {
        "generation": {"deterministic": True, "mode": "all"},
        "phases": {"coverage": {"enabled": coverage}},
        "checks": {
            "positive_data_acceptance": {"enabled": False},
            "negative_data_rejection": {"expected-statuses": refused},
            "missing_required_header": {"expected-statuses": refused},
        },
    }
    return schemathesis.openapi.from_dict(DOCUMENT, config=schemathesis.Config.from_dict(config))


def few(examples: int) -> settings:
    """So many cases made up beside those that follow from the document, the same each time."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("world", ["AUTHORITY"], indirect=True)
@described(coverage=True).parametrize()
@few(5)
def test_an_authority_meets_nothing_undocumented(world: World, case: Case) -> None:
    if not world.skips(case):
        world.aim(case)
        case.call_and_validate(app=world.app, headers=world.headers(case))


@pytest.mark.parametrize("world", ["stranger", "SUV", "VC", "phone"], indirect=True)
@described(coverage=False).parametrize()
@few(3)
def test_nobody_else_does(world: World, case: Case) -> None:
    world.aim(case)
    case.call_and_validate(app=world.app, headers=world.headers(case))
