"""What browsers load: files of others unmodified and licensed, ours small, local and without inline code."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest
from flask import Flask

from webapp import assets

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "webapp" / "static"
TEMPLATES = ROOT / "webapp" / "templates"
PINS = json.loads((ROOT / "tools/vendor/package.json").read_text(encoding="utf-8"))
MANIFEST = json.loads((STATIC / "vendor/manifest.json").read_text(encoding="utf-8"))

OURS = sorted(
    path
    for folder in (STATIC, TEMPLATES)
    for path in folder.rglob("*")
    if path.suffix in {".html", ".css", ".js", ".svg", ".json"} and STATIC / "vendor" not in path.parents
)
PAGES = [path for path in OURS if path.suffix == ".html"]
# Names of XML vocabularies look like addresses, but nothing is ever fetched from them.
VOCABULARIES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def vendored() -> list[tuple[str, str]]:
    return [entry for package in MANIFEST.values() for entry in package["files"].items()]


@pytest.mark.parametrize(("path", "integrity"), vendored())
def test_a_vendored_file_is_what_its_manifest_says(path: str, integrity: str) -> None:
    found = base64.b64encode(hashlib.sha384((STATIC / path).read_bytes()).digest()).decode()
    assert integrity == f"sha384-{found}"


def test_nothing_lies_among_the_vendored_files_that_the_manifest_does_not_name() -> None:
    there = {p.relative_to(STATIC).as_posix() for p in (STATIC / "vendor").rglob("*") if p.is_file()}
    assert there == {path for path, _ in vendored()} | {"vendor/manifest.json"}


def test_every_package_brings_its_licence() -> None:
    for package, facts in MANIFEST.items():
        text = (STATIC / f"vendor/{package}@{facts['version']}/LICENSE").read_text(encoding="utf-8")
        assert facts["licence"]
        assert "ermission" in text, f"{package} has no licence text"


def test_pins_are_exact_and_the_manifest_follows_them() -> None:
    assert {package: facts["version"] for package, facts in MANIFEST.items()} == PINS["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in PINS["dependencies"].values())


def test_the_lock_has_a_hash_for_each_package_and_names_no_host() -> None:
    text = (ROOT / "tools/vendor/package-lock.json").read_text(encoding="utf-8")
    packages = [facts for place, facts in json.loads(text)["packages"].items() if place]
    assert packages
    assert all(facts["integrity"].startswith("sha512-") for facts in packages)
    assert "://" not in text


def test_the_sprite_holds_every_icon_that_a_page_names() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    assert sprite == set(PINS["icons"])
    for path in PAGES:
        named = set(re.findall(r"\bicon\(\s*[\"']([a-z0-9-]+)[\"']", path.read_text(encoding="utf-8")))
        assert named <= sprite, f"{name(path)} names icons that the sprite lacks: {named - sprite}"


@pytest.mark.parametrize("kind", ["STATUS", "PRIORITY"])
def test_every_status_and_priority_has_an_icon_of_the_sprite(kind: str) -> None:
    app = Flask("webapp", root_path=str(ROOT / "webapp"))
    table = getattr(app.jinja_env.get_template("_macros/status.html").module, kind)
    rows = [row for group in table.values() for row in group.values()] if kind == "STATUS" else table.values()
    assert {row[1] for row in rows} <= set(PINS["icons"])


@pytest.mark.parametrize("path", OURS, ids=name)
def test_our_front_end_names_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for vocabulary in VOCABULARIES:
        text = text.replace(vocabulary, "")
    assert not re.findall(r"(?:https?:|wss?:|[\"'(])//[a-z0-9]", text, re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_template_has_nothing_that_the_content_security_policy_would_block(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"<script(?![^>]*\bsrc=)", text), "an inline script"
    assert not re.findall(r"<style|\sstyle=", text), "an inline style"
    # What stands between Jinja's braces are names of arguments, as `only=`, and no attributes.
    drawn = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    assert not re.findall(r"\s(?:on[a-z]+|hx-on[\w:.-]*)=", drawn), "an inline handler"
    assert not re.findall(r"javascript:|\bjs:", text), "evaluated text"
    assert not re.findall(r"\|\s*safe\b|Markup", text), "text that is not escaped"


def compressed(paths: list[Path]) -> int:
    return sum(len(brotli.compress(path.read_bytes())) for path in paths)


def test_the_stylesheet_and_our_scripts_stay_small() -> None:
    assert compressed([*STATIC.glob("css/*.css")]) <= 12 * 1024
    assert compressed([*STATIC.glob("js/*.js")]) <= 15 * 1024


@pytest.fixture
def app() -> Flask:
    app = Flask("webapp", root_path=str(ROOT / "webapp"))
    assets.init_app(app)
    return app


def test_a_file_asked_for_by_its_content_is_kept_for_ever(app: Flask) -> None:
    url = app.extensions["assets"].url("css/mayday.css")
    answer = app.test_client().get(url)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000"])
def test_a_file_asked_for_by_another_version_is_not_kept(app: Flask, query: str) -> None:
    answer = app.test_client().get(f"/static/css/mayday.css{query}")
    assert answer.status_code == 200
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_missing_file_is_not_found_whatever_version_it_names(app: Flask) -> None:
    assert app.test_client().get("/static/css/none.css?v=1").status_code == 404


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [("dark", "dark"), ('"><script>', "auto"), ("", "auto")],
    ids=["known", "attack", "empty"],
)
def test_only_a_known_theme_is_taken_from_the_cookie(app: Flask, cookie: str, expected: str) -> None:
    with app.test_request_context(headers={"Cookie": f"theme={cookie}"}):
        assert assets.look() == {"theme": expected, "density": "comfortable"}
