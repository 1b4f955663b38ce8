"""Alerts and the dashboard ask only for metrics that exist, and each alert leads to a page of the runbook."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from webapp.ops.meters import meter

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS = (PROMETHEUS / "alerts.yml").read_text()
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "mayday.json").read_text())
PROMTOOL = shutil.which("promtool")
# Not ours: Prometheus' own, and the blackbox exporter's.
FOREIGN = {"up", "probe_success", "probe_ssl_earliest_cert_expiry"}


def alerts() -> dict[str, dict[str, str]]:
    """Each alert with its lines, as ``expr``, ``for``, ``labels``, ``summary``, ``runbook_url``."""
    blocks = re.split(r"^ +- alert: ", ALERTS, flags=re.MULTILINE)[1:]
    return {
        block.splitlines()[0]: dict(re.findall(r"^ +(\w+): (.+)$", block, re.MULTILINE)) for block in blocks
    }


def queries() -> list[str]:
    """Every query of the dashboard."""
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


def named(query: str) -> set[str]:
    """The metrics that a query names."""
    return set(re.findall(r"\b(?:mayday_\w+|probe_\w+|up(?=\{))", query))


@pytest.fixture
def told(app: Flask, client: FlaskClient) -> set[str]:
    """Every sample name that a scrape can have, once everything has happened."""
    folder = app.config["SETTINGS"].data_dir / "backups"
    folder.mkdir()
    (folder / "last.json").write_text("{}")
    scraped = text_string_to_metric_families(client.get("/metrics").get_data(as_text=True))
    counted = {metric.name: metric.type for metric in meter().registry.collect()}
    counted |= {family.name: family.type for family in scraped}
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {name + ending for name, kind in counted.items() for ending in endings.get(kind, ("",))}


def test_there_is_an_alert_for_each_thing_that_must_wake_somebody() -> None:
    asked = " ".join(alert["expr"] for alert in alerts().values())
    for thing in (
        'status=~"5.."',
        "request_seconds",
        "reader_seq",
        "disk_free",
        "cert_expiry",
        "backup_timestamp",
        "live_up",
        'mayday_jobs{status="queued"}',
        'mayday_jobs{status="failed"}',
    ):
        assert thing in asked


def test_every_alert_says_what_when_how_bad_and_where_to_look() -> None:
    found = alerts()
    assert len(found) >= 15
    for name, alert in found.items():
        assert {"expr", "for", "labels", "summary", "runbook_url"} <= set(alert), name
        assert alert["labels"] in ("{severity: page}", "{severity: ticket}"), name


def test_every_runbook_link_leads_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for name, alert in alerts().items():
        path, _, anchor = alert["runbook_url"].partition("#")
        assert path == "docs/runbook.md", name
        assert anchor in anchors, name


def test_every_metric_that_an_alert_names_exists(told: set[str]) -> None:
    for name, alert in alerts().items():
        assert named(alert["expr"]), name
        assert named(alert["expr"]) <= told | FOREIGN, name


def test_every_metric_that_the_dashboard_names_exists(told: set[str]) -> None:
    assert len(queries()) > 20
    for query in queries():
        assert named(query), query
        assert named(query) <= told | FOREIGN, query


def test_every_metric_is_shown_somewhere(told: set[str]) -> None:
    shown = set().union(*(named(query) for query in queries()))
    unseen = {name for name in told if name.startswith("mayday_") and not name.endswith(("_sum", "_count"))}
    assert unseen <= shown


def test_the_panels_stand_side_by_side() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & places, panel["title"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        places |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not there (Debian package prometheus)")
@pytest.mark.parametrize(
    "command",
    [
        ["check", "rules", "alerts.yml"],
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "alerts_test.yml"],
    ],
)
def test_promtool_agrees(command: list[str]) -> None:
    assert PROMTOOL
    ran = subprocess.run(
        [PROMTOOL, *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not there (Debian package prometheus)")
def test_promtool_can_read_the_scrape(client: FlaskClient) -> None:
    assert PROMTOOL
    client.get("/sign-in")
    ran = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=client.get("/metrics").data, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
