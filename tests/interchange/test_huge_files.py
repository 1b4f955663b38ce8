"""Files far larger than memory: refused or read through, in bounded time, by a process of bounded size."""

from pathlib import Path

import pytest

from tests.interchange.conftest import as_csv, as_json, in_its_own_process, place, row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

GIGABYTE = 2**30
# Address space of the importing process: enough for Python and its libraries, too little for the file.
ROOM = 640 * 2**20


def grown(file: Path, start: bytes, size: int = GIGABYTE) -> Path:
    """A file that begins so and goes on with zero bytes; sparse, so it takes no room on the disk."""
    file.write_bytes(start)
    with file.open("r+b") as stream:
        stream.truncate(size)
    return file


def test_a_gigabyte_of_nothing_is_no_text_file(data_dir: Path, tmp_path: Path) -> None:
    done = in_its_own_process(
        data_dir, "import", "reports", grown(tmp_path / "zero.csv", b""), limit_bytes=ROOM
    )
    assert done.returncode == 2, done.stderr
    assert "no text file" in done.stderr


def test_a_gigabyte_after_good_rows_is_one_refused_line(data_dir: Path, tmp_path: Path) -> None:
    # More than the first look at a file, so that the zeros come later.
    start = as_csv(*(row(n) for n in range(1, 101))).encode()
    file = grown(tmp_path / "long.csv", start)
    done = in_its_own_process(data_dir, "import", "reports", file, limit_bytes=ROOM, timeout=240)
    assert done.returncode == 1, done.stderr
    assert "100 reports imported, 0 already known, 1 rejected." in done.stdout
    assert done.stderr.startswith("line 102: longer than 1,048,576 characters")


def test_a_gigabyte_of_json_is_refused_unread(data_dir: Path, tmp_path: Path) -> None:
    file = grown(tmp_path / "long.json", as_json(place()).encode())
    done = in_its_own_process(data_dir, "import", "needs", file, limit_bytes=ROOM)
    assert done.returncode == 2, done.stderr
    assert "larger than 50 MB" in done.stderr
