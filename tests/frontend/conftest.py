"""The real app with a few sample pages made of nothing but the frame and the parts, for a real browser."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange

from tests.chromium import complaints
from tests.people import Cast, Person
from webapp.access import allows
from webapp.policy import Action
from webapp.web.answers import done, page
from webapp.web.forms import CommandForm


class SampleForm(CommandForm):
    """One field of each kind."""

    title = StringField("What happened?", [InputRequired("Say what happened")])
    details = TextAreaField("Details", description="What can be seen, and how to get there")
    priority = RadioField("Priority", choices=[("1", "Critical"), ("2", "High")], default="2")
    quantity = IntegerField("Quantity", [NumberRange(1, 5, "Give a number from 1 to 5")], default=3)
    public = BooleanField("Show it to the public")


@dataclass
class Site:
    """The served sample site, what was posted to it, and a gate that holds its answers back."""

    app: Flask
    url: str
    chromium: Browser
    cast: Cast
    posts: list[str] = field(default_factory=list)
    answer: threading.Event = field(default_factory=threading.Event)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str, person: Person | None = None, *, width: int = 1280, **options: object) -> Page:
        """A page in a browser of its own, signed in as this person."""
        context = self.chromium.new_context(viewport={"width": width, "height": 740}, **options)  # type: ignore[arg-type]
        if person:
            cookie = person.client.get_cookie("mayday")
            assert cookie
            context.add_cookies([{"name": "mayday", "value": cookie.value, "url": self.url}])
        opened = context.new_page()
        opened.set_default_timeout(10_000)
        heard = complaints(opened)
        self.complaints = heard
        opened.goto(self.url + path)
        return opened


def add_pages(app: Flask, site: Site) -> None:
    """Give the app the sample pages."""
    folders = [Path(__file__).parent / "templates", Path(app.root_path) / "templates"]
    app.jinja_loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])

    @app.get("/sample/<name>")
    @allows(Action.ENTER)
    def sample(name: str) -> Response | str:
        if name == "form":
            return page("sample_form.html", form=SampleForm())
        return render_template("sample_list.html", dir=request.args.get("dir"))

    @app.post("/sample/form")
    @allows(Action.ENTER)
    def send() -> Response:
        site.posts.append(request.form.get("title", ""))
        site.answer.wait(15)
        form = SampleForm()
        if not form.validate():
            return page("sample_form.html", form=form, status=422)
        return done("/sample/list", "Saved.")


@pytest.fixture
def site(app: Flask, chromium: Browser) -> Iterator[Site]:
    """The sample site on a free port; it answers at once unless a test closes the gate."""
    site = Site(app, "", chromium, Cast(app))
    site.answer.set()
    add_pages(app, site)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield site
    site.answer.set()
    for context in chromium.contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
