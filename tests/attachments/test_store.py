"""Rules of where the bytes are: a folder or a bucket; away or full, nothing is half-done."""

import contextlib
import io
import resource
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from flask import Flask
from moto.server import ThreadedMotoServer
from PIL import Image

from tests.attachments.making import (
    PDF,
    TEXT,
    folder_of,
    kept,
    made_older,
    picture,
    send,
    sent,
    stored,
    words,
)
from tests.conftest import dispose, settings_for
from tests.events.making import opened, verbs
from tests.people import Cast
from tests.servers import free_port
from webapp import create_app
from webapp.attachments import checks, service
from webapp.extensions import db
from webapp.ops.checks import State
from webapp.ops.cli import mayday
from webapp.settings import Settings, SettingsError


def test_a_folder_that_cannot_be_written_keeps_nothing_and_says_so(
    app: Flask, cast: Cast, settings: Settings
) -> None:
    event = opened(app, cast.ada)
    folder_of(settings).write_text("in the way")  # even root cannot write into it
    answer = send(cast.vic, event, picture(), caption="What I typed")
    assert answer.status_code == 503
    assert "does not answer just now" in words(answer)
    assert "What I typed" in words(answer)
    assert str(settings.data_dir) not in words(answer)
    assert not kept(app)
    assert "attachment.added" not in verbs(app, event)
    assert cast.vic.get(f"/events/{event}").status_code == 200
    with app.app_context():
        assert checks.files().state is State.DEGRADED
    folder_of(settings).unlink()
    assert send(cast.vic, event, picture()).status_code == 303  # it comes back by itself


def test_a_full_disk_keeps_nothing_says_so_and_is_forgotten_when_there_is_room(
    app: Flask, cast: Cast, settings: Settings
) -> None:
    event = opened(app, cast.ada)
    sent(app, cast.vic, event, TEXT, "before.txt")
    with app.app_context():
        db.session.execute(db.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    before = stored(settings)
    with largest_file(1_000_000):
        answer = send(cast.vic, event, swelling_picture(), caption="What I typed")
    assert answer.status_code == 503
    assert "no room to write" in words(answer)
    assert "What I typed" in words(answer)
    assert answer.headers["Retry-After"]
    assert len(kept(app)) == 1
    assert stored(settings) == before
    assert send(cast.vic, event, swelling_picture()).status_code == 303


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system lets this process write no file beyond that many bytes, as a disk that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def swelling_picture() -> bytes:
    """A picture of 0.6 MB that takes 1.7 MB when it is drawn anew."""
    out = io.BytesIO()
    Image.effect_noise((2048, 2048), 90).convert("RGB").save(out, "JPEG", quality=1)
    return out.getvalue()


def test_the_sweep_removes_old_bytes_that_no_file_tells_of(
    app: Flask, cast: Cast, settings: Settings
) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture())
    for name in ("O" * 32, "O" * 32 + ".small", "P" * 32 + "#1"):
        (folder_of(settings) / name).write_bytes(b"left by a server that was killed")
    made_older(folder_of(settings))
    for name in ("N" * 32, "N" * 32 + "#1"):
        (folder_of(settings) / name).write_bytes(b"of a command that is under way")
    ran = app.test_cli_runner().invoke(cli=mayday, args=["files", "sweep"])
    assert (ran.exit_code, ran.output) == (0, "3 removed.\n"), ran.output
    assert stored(settings) == {file.key, f"{file.key}.small", "N" * 32, "N" * 32 + "#1"}


def test_the_sweep_removes_all_of_very_many(app: Flask, settings: Settings) -> None:
    folder_of(settings).mkdir()
    for number in range(1201):
        (folder_of(settings) / f"{number:032d}").touch()
    made_older(folder_of(settings))
    with app.app_context():
        assert service.sweep() == 1201
    assert not stored(settings)


def test_the_sweep_says_when_the_store_is_away(app: Flask, settings: Settings) -> None:
    folder_of(settings).write_text("in the way")
    ran = app.test_cli_runner().invoke(cli=mayday, args=["files", "sweep"])
    assert ran.exit_code == 1
    assert "does not answer" in ran.output


@pytest.mark.parametrize("address", ["http://bucket", "s3://", "s3:/x", "bucket", "s3://a b"])
def test_an_address_that_is_no_bucket_stops_the_start(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="MAYDAY_FILES_URL"):
        settings_for(tmp_path, files_url=address)


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[str]:
    """A real S3-compatible service on loopback, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    _s3(url).create_bucket(Bucket="mayday-test")
    yield url
    server.stop()


def _s3(url: str):  # type: ignore[no-untyped-def]
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def names(url: str) -> set[str]:
    """What is in the bucket."""
    return {one["Key"] for one in _s3(url).list_objects_v2(Bucket="mayday-test").get("Contents", [])}


def with_bucket(data_dir: Path, url: str) -> Flask:
    """An app whose files are in the bucket."""
    return create_app(
        settings_for(
            data_dir,
            files_url="s3://mayday-test/response/one",
            files_endpoint=url,
            files_access_key="testing",
            files_secret_key="testing",
        )
    )


def test_in_a_bucket_files_are_kept_given_and_removed(
    data_dir: Path, bucket_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = with_bucket(data_dir, bucket_server)
    cast = Cast(app)
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture())
    document = sent(app, cast.vic, event, PDF, "plan.pdf")
    place = "response/one/"
    assert names(bucket_server) == {place + file.key, f"{place}{file.key}.small", place + document.key}
    assert not (data_dir / "files").exists()
    assert cast.sam.get(f"/files/{document.key}").data == PDF
    assert cast.sam.get(f"/files/{file.key}/small").data.startswith(b"\xff\xd8\xff")
    with app.app_context():
        assert checks.files().state is State.UP
    cast.vic.post(f"/events/{event}/files/{file.id}/remove")
    assert names(bucket_server) == {place + document.key}
    with app.app_context():
        _s3(bucket_server).put_object(Bucket="mayday-test", Key=place + "O" * 32, Body=b"left behind")
        assert service.sweep() == 0  # what is younger than a day stays
        monkeypatch.setattr(service, "ORPHAN_AGE", timedelta(hours=-1))
        assert service.sweep() == 1
    assert names(bucket_server) == {place + document.key}
    dispose(app)


def test_a_bucket_that_is_away_is_said_to_be_away_soon(data_dir: Path) -> None:
    app = with_bucket(data_dir, f"http://127.0.0.1:{free_port()}")
    cast = Cast(app)
    event = opened(app, cast.ada)
    answer = send(cast.vic, event, TEXT, "a.txt")
    assert answer.status_code == 503
    assert "does not answer just now" in words(answer)
    assert "127.0.0.1" not in words(answer)
    with app.app_context():
        assert checks.files().state is State.DEGRADED
        assert not db.session.execute(db.text("SELECT 1 FROM attachment")).all()
    dispose(app)


def test_a_bucket_that_is_not_there_is_said_to_be_away(data_dir: Path, bucket_server: str) -> None:
    settings = settings_for(
        data_dir,
        files_url="s3://no-such-bucket",
        files_endpoint=bucket_server,
        files_access_key="testing",
        files_secret_key="testing",
    )
    app = create_app(settings)
    cast = Cast(app)
    assert send(cast.vic, opened(app, cast.ada), TEXT, "a.txt").status_code == 503
    assert not kept(app)
    dispose(app)
