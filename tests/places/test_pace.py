"""Turns that all processes of a machine share."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from webapp.places.geocoder import GeocoderUnavailable
from webapp.places.pace import Pace


def test_processes_share_one_rhythm(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from webapp.places.pace import Pace\n"
        "pace = Pace(Path(sys.argv[1]), interval=0.1)\n"
        "for _ in range(4):\n"
        "    pace.wait(patience=30)\n"
        "    sys.stdout.write(f'{time.time()}\\n')\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "turn")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    times = sorted(float(line) for one in running for line in one.communicate()[0].split())
    assert len(times) == 12
    # Twelve turns are eleven intervals of 0.1 s, less what the first was late in waking.
    assert times[-1] - times[0] >= 1.0


def test_two_never_take_a_turn_at_the_same_moment(tmp_path: Path) -> None:
    taken = threading.Event()

    def take() -> None:
        Pace(tmp_path / "turn").wait(patience=1)
        taken.set()

    with (tmp_path / "turn").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        taking = threading.Thread(target=take)
        taking.start()
        assert not taken.wait(0.3), "took a turn while another was taking one"
    taking.join()
    assert taken.is_set()


def test_a_turn_is_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    Pace(tmp_path / "turn", interval=20).wait(patience=0)
    with pytest.raises(GeocoderUnavailable, match="busy"):
        Pace(tmp_path / "turn", interval=20).wait(patience=1)


def test_who_is_refused_takes_no_turn(tmp_path: Path) -> None:
    pace = Pace(tmp_path / "turn", interval=0.2)
    pace.wait(patience=0)
    for _ in range(50):
        with pytest.raises(GeocoderUnavailable):
            pace.wait(patience=0)
    pace.wait(patience=0.3)


@pytest.mark.parametrize("content", ["", "soon", "nan", "inf", "\x00" * 100, "4102444800.0"])
def test_a_senseless_turn_file_stops_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "turn").write_text(content)
    Pace(tmp_path / "turn", interval=1).wait(patience=0)
    with pytest.raises(GeocoderUnavailable):
        Pace(tmp_path / "turn", interval=1).wait(patience=0)


def test_a_turn_file_that_cannot_be_written_is_an_unavailable_service(tmp_path: Path) -> None:
    (tmp_path / "turn").mkdir()
    with pytest.raises(GeocoderUnavailable):
        Pace(tmp_path / "turn").wait(patience=1)
