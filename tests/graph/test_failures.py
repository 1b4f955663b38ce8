"""What nobody foresaw, or takes too long, is told without its cause, and the rest of the answer stays."""

import pytest
from flask import Flask
from sqlalchemy import text

from tests.api.caller import Programs
from tests.conftest import both_databases, settings_for
from tests.graph.asker import ask, data, refusal
from tests.graph.conftest import Response
from webapp.extensions import db
from webapp.graph import looking
from webapp.settings import Settings

postgres_only = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@postgres_only
def test_an_error_in_a_field_is_masked_and_leaves_the_others(app: Flask, programs: Programs) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TABLE user_skill"))
    answer = ask(programs.sam, "{ events { nodes { id } } me { email user { name skills } } }")
    assert answer.status_code == 200
    assert answer.get_json()["data"] == {"events": {"nodes": []}, "me": None}
    (error,) = answer.get_json()["errors"]
    assert error["path"] == ["me", "user", "skills"]
    assert (error["extensions"]["name"], error["extensions"]["statusCode"]) == ("InternalServerError", 500)
    told = answer.get_data(as_text=True)
    assert not any(word in told for word in ("user_skill", "SELECT", "Traceback", "psycopg"))
    # The next request of the same session is not harmed by it.
    assert data(programs.sam, "{ events { nodes { id } } }") == {"events": {"nodes": []}}


class TestSlowDatabase:
    """A statement that waits longer than statements may."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """A second for each statement."""
        return settings_for(
            settings.data_dir, database_url=settings.database_url, database_statement_seconds=1
        )

    @postgres_only
    def test_is_said_as_everywhere_with_when_to_come_back(self, app: Flask, programs: Programs) -> None:
        with app.app_context(), db.engine.connect() as other, other.begin():
            other.execute(text("LOCK TABLE need IN ACCESS EXCLUSIVE MODE"))
            answer = ask(programs.vic, "{ needs { nodes { id } } }")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.get_json()["name"] == "ServiceUnavailable"
        assert "need." not in answer.get_data(as_text=True)


@both_databases
def test_an_answer_that_takes_too_long_is_cut_off(
    programs: Programs, response: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "SECONDS", -1.0)
    found = refusal(programs.vic, "{ events { nodes { needs { id } } } }")
    assert (found["name"], found["statusCode"], found["path"]) == (
        "TookTooLong",
        503,
        ["events", "nodes", 0, "needs"],
    )
