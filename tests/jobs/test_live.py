"""Who asked for a job, and authorities, watch how far it is; nobody else hears of it."""

import re
import time
from pathlib import Path

import pytest

from tests.jobs.conftest import hand_in, job_of, reports
from tests.live.conftest import served
from tests.live.wires import connect
from tests.people import Person

pytestmark = pytest.mark.slow
MANY = 3000


def drawings(page: object, region: str, until: str) -> list[tuple[float, str]]:
    """What the page was sent for this element, and when, until it says so."""
    found: list[tuple[float, str]] = []
    while not found or until not in found[-1][1]:
        frame = page.until(region)  # type: ignore[attr-defined]
        found += [(time.monotonic(), html) for _, target, html in frame.parts if target == region]
    return found


def shown(person: Person, job_id: int) -> str:
    """A fresh page from this region on."""
    page = person.get(f"/jobs/{job_id}").get_data(as_text=True)
    return page[page.index(f'<div id="job-{job_id}"') :]


def test_progress_arrives_while_it_runs_and_the_end_equals_a_fresh_page(data_dir: Path) -> None:
    with served(data_dir) as site:
        ada, other, vic = site.cast.ada, site.cast.person("Anna", site.cast.ada.role), site.cast.vic
        own = connect(site.url, ada, f"user:{ada.id}", since=site.head())
        whole = connect(site.url, other, "jobs", since=site.head())
        stranger = connect(site.url, vic, "jobs", f"user:{vic.id}", since=site.head())
        job_id = job_of(hand_in(ada, "reports", reports(*range(1, MANY + 1))))
        region = f"job-{job_id}"
        found = drawings(own, region, 'data-status="done"')
        running = [html for _, html in found if 'data-status="running"' in html]
        shares = [int(share) for html in running for share in re.findall(r"<b>(\d+)</b> %", html)]
        assert shares == sorted(shares)
        assert len(set(shares)) > 1
        moments = [at for at, html in found if html in running]
        assert len(moments) / max(1.0, moments[-1] - moments[0]) < 4
        last = found[-1][1]
        assert "Imported" in last
        assert shown(ada, job_id).startswith(last)
        assert drawings(whole, region, 'data-status="done"')[-1][1] == last
        frames = stranger.all_until(site.head())
        assert not any(frame.parts for frame in frames), "a coordinator hears nothing of others' jobs"
