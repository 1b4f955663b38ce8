"""Files for tests, made on the spot, and people who send them."""

import io
import os
import struct
import time
import uuid
import zipfile
import zlib
from pathlib import Path

from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from tests.people import Person
from webapp.attachments.models import Attachment
from webapp.extensions import db
from webapp.settings import Settings
from webapp.volunteers import service as volunteers

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
TEXT = "Keys are with Ana. Ring twice — the dog is friendly.\n".encode()
ORIENTATION, GPS, GPS_LATITUDE = 0x0112, 0x8825, 2


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 300), mode: str = "RGB") -> bytes:
    """A picture whose left half is red."""
    image = Image.new(mode, size)
    image.paste((200, 0, 0) if mode == "RGB" else (200, 0, 0, 128), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def telling_picture(kind: str = "JPEG") -> bytes:
    """A picture that tells where it was taken and by whom, and that it must be turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F], exif[0x013B] = "SecretCamera", "SecretOwner"
    exif.get_ifd(GPS).update({1: "N", GPS_LATITUDE: (55.0, 40.0, 34.0), 3: "E", 4: (12.0, 34.0, 6.0)})
    image = Image.new("RGB", (400, 200))
    more = {"comment": b"SecretComment"} if kind == "JPEG" else {}
    out = io.BytesIO()
    image.save(out, kind, exif=exif, xmp=b"<x:xmpmeta>SecretPacket</x:xmpmeta>", **more)
    assert b"SecretOwner" in out.getvalue()
    return out.getvalue()


def several_pictures(size: tuple[int, int] = (400, 300)) -> bytes:
    """A photo as many phones and cameras make it: a JPEG with previews behind it (CIPA DC-007, "MPO")."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 0, 0)).save(
        out, "MPO", save_all=True, append_images=[Image.new("RGB", (80, 60))]
    )
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it has that many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def archive() -> bytes:
    """A ZIP file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("payload.js", "alert(1)")
    return out.getvalue()


def send(
    person: Person,
    event: int,
    data: bytes,
    name: str = "photo.jpg",
    command: uuid.UUID | None = None,
    **more: str,
) -> TestResponse:
    """Send a file as a browser does."""
    form = {"file": (io.BytesIO(data), name), **more}
    form |= {"command_id": str(command)} if command else {}
    return person.post(f"/events/{event}/files", form, content_type="multipart/form-data")


def sent(
    app: Flask, person: Person, event: int, data: bytes, name: str = "photo.jpg", **more: str
) -> Attachment:
    """A file that was added."""
    answer = send(person, event, data, name, **more)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return kept(app)[-1]


def kept(app: Flask) -> list[Attachment]:
    """All files that the database tells of, oldest first."""
    with app.app_context():
        return list(db.session.execute(db.select(Attachment).order_by(Attachment.id)).scalars())


def stored(settings: Settings) -> set[str]:
    """What lies in the folder of files."""
    folder = settings.data_dir / "files"
    return {name for name in os.listdir(folder) if name[0] != "."} if folder.exists() else set()


def join(app: Flask, person: Person, event: int) -> None:
    """Have a volunteer say yes to the event."""
    with app.app_context():
        volunteers.join(person.actor, event_id=event)


def words(answer: TestResponse) -> str:
    """What a page says."""
    return answer.get_data(as_text=True)


def opened(data: bytes) -> Image.Image:
    """The picture, decoded to its end."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def folder_of(settings: Settings) -> Path:
    """Where the bytes are."""
    return settings.data_dir / "files"


def made_older(folder: Path) -> None:
    """Have everything in the folder written two days ago."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
