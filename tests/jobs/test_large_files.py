"""Files beyond what the worker gathers in memory, handed in over a real `mayday serve`."""

import http.client
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.conftest import dispose, settings_for
from tests.interchange.conftest import as_json, place
from tests.jobs.conftest import look, wait_until
from tests.live.wires import cookie_of
from tests.ops.test_start import Serving, ready
from tests.people import Cast, Person
from webapp import create_app
from webapp.jobs.models import JobStatus
from webapp.ops import worker

pytestmark = pytest.mark.slow

MB = 1_048_576
LARGEST = 17  # MB of a file
BOUNDARY = "a-line-between-parts"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Serving]:
    """A server that takes files a little larger than what is gathered before a thread has them."""
    import shutil

    assert LARGEST * MB > worker.BODY_IN_MEMORY
    folder = tmp_path_factory.mktemp("large") / "data"
    shutil.copytree(migrated_sqlite, folder)
    with ready(settings_for(folder, max_import_mb=LARGEST), folder.parent) as made:
        yield made.start().until_it_serves()


@pytest.fixture(scope="module")
def cast(server: Serving) -> Iterator[Cast]:
    """The people of that server."""
    app = create_app(server.settings)
    yield Cast(app)
    dispose(app)


def form_of(person: Person, file: bytes) -> bytes:
    """The form of the page for needs, as a browser sends it."""
    fields = {"csrf_token": person.csrf, "command_id": str(uuid.uuid4())}
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="needs.json"\r\n\r\n'
    return b"".join([*parts, head.encode(), file, f"\r\n--{BOUNDARY}--\r\n".encode()])


def padded(size: int) -> bytes:
    """One place in a file of that many bytes: JSON may hold any amount of room."""
    return as_json(place()).encode().ljust(size)


def handed_in(
    server: Serving, person: Person, body: bytes | Iterable[bytes], *, chunked: bool = False
) -> tuple[int, str, str]:
    """The answer to a form of this person: status, where it leads, and the page."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Cookie": cookie_of(person),
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Accept": "text/html",
    }
    line.request("POST", "/imports/needs", body, headers, encode_chunked=chunked)
    answer = line.getresponse()
    page = answer.read().decode()
    line.close()
    return answer.status, answer.headers.get("Location", ""), page


def in_pieces(body: bytes) -> Iterator[bytes]:
    """The body as a client sends it that does not say its length."""
    for start in range(0, len(body), MB):
        yield body[start : start + MB]


def test_a_file_just_under_the_limit_is_imported(server: Serving, cast: Cast) -> None:
    status, where, page = handed_in(server, cast.ada, form_of(cast.ada, padded(LARGEST * MB)))
    assert status == 303, page[:2000]
    job_id = int(re.findall(r"/jobs/(\d+)$", where)[0])
    wait_until(lambda: look(cast.app, job_id).status is JobStatus.DONE, "the import never ended")
    assert look(cast.app, job_id).result["imported"] == 1


@pytest.mark.parametrize("size", [LARGEST * MB + 100_000, 40 * MB], ids=["a-little", "much"])
def test_a_larger_one_is_refused_in_words_and_leaves_nothing(server: Serving, cast: Cast, size: int) -> None:
    status, _, page = handed_in(server, cast.ada, form_of(cast.ada, padded(size)))
    assert status == 413
    assert f"too large. At most {LARGEST} MB" in page
    uploads = server.settings.data_dir / "uploads"
    assert not uploads.is_dir() or not list(uploads.iterdir())


def test_of_no_said_length_what_is_too_large_is_refused_too(server: Serving, cast: Cast) -> None:
    body = form_of(cast.ada, padded(LARGEST * MB + 100_000))
    status, _, page = handed_in(server, cast.ada, in_pieces(body), chunked=True)
    assert status == 413
    assert f"At most {LARGEST} MB" in page


def test_who_may_not_import_may_not_send_much(server: Serving, cast: Cast) -> None:
    status, _, page = handed_in(server, cast.sam, form_of(cast.sam, padded(LARGEST * MB)))
    assert status == 413
    assert "At most 1 MB" in page


def test_other_people_are_answered_meanwhile_and_afterwards(server: Serving, cast: Cast) -> None:
    waiting = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    waiting.putrequest("POST", "/imports/needs")
    waiting.putheader("Cookie", cookie_of(cast.ada))
    waiting.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    waiting.putheader("Content-Length", str(LARGEST * MB))
    waiting.endheaders(b"-" * MB)
    status, _, page = handed_in(server, cast.vic, form_of(cast.vic, json.dumps([]).encode()))
    assert status in (303, 422), page[:2000]
    waiting.close()
