"""Rules of what a file may be: judged by its content, whatever it calls itself."""

import gzip
import os

import pytest
from flask import Flask
from PIL import Image

from tests.attachments.making import (
    PDF,
    TEXT,
    archive,
    bomb,
    folder_of,
    kept,
    opened,
    picture,
    send,
    sent,
    stored,
    telling_picture,
    words,
)
from tests.events import making
from tests.people import Cast
from webapp.attachments.content import shown_name
from webapp.settings import Settings

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
TWO_KINDS = "two kinds at once"
NOT_TAKEN = "This is something else."

REFUSED = {
    "empty": (b"", "is empty"),
    "svg": (SVG, NOT_TAKEN),
    "svg after a declaration": (b'<?xml version="1.0"?>' + SVG, NOT_TAKEN),
    "svg after a mark and spaces": (b"\xef\xbb\xbf \n" + SVG, NOT_TAKEN),
    "html": (HTML, NOT_TAKEN),
    "html after words": (b"Hello\n" + HTML, NOT_TAKEN),
    "zip": (archive(), NOT_TAKEN),
    "gzip": (gzip.compress(b"x" * 1000), NOT_TAKEN),
    "program": (b"\x7fELF" + bytes(200), NOT_TAKEN),
    "latin-1 text": ("Brøndby".encode("latin-1"), NOT_TAKEN),
    "text with a null": (b"abc\0def", NOT_TAKEN),
    "gif": (b"GIF89a" + bytes(50), NOT_TAKEN),
    "gif that is a script": (b"GIF89a/*" + bytes(10) + b"*/=alert(1)", NOT_TAKEN),
    "bmp": (picture("BMP"), NOT_TAKEN),
    "tiff": (picture("TIFF"), NOT_TAKEN),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "Send it as JPEG"),
    "jpeg that is a zip": (picture() + archive(), TWO_KINDS),
    "png that is a zip": (picture("PNG") + archive(), TWO_KINDS),
    "pdf that is a zip": (PDF + archive() + b"\n%%EOF", TWO_KINDS),
    "pdf that is a page": (PDF.replace(b"1 0 obj", b"<html><script>x</script>"), TWO_KINDS),
    "page that is a pdf": (HTML + PDF, NOT_TAKEN),
    "jpeg that is a pdf": (
        picture()[:2] + b"\xff\xfe\x00\x50%PDF-1.4" + b" " * 70 + picture()[2:],
        TWO_KINDS,
    ),
    "pdf cut short": (PDF[:-8], "cut short"),
    "jpeg cut short": (picture()[:-500], "cut short"),
    "png cut short": (picture("PNG")[:-30], "cut short"),
    "jpeg head only": (b"\xff\xd8\xff\xe0" + bytes(40), "damaged"),
    "noise that says it is a png": (b"\x89PNG\r\n\x1a\n" + os.urandom(500), "damaged"),
    "picture of a billion pixels": (bomb(40_000, 30_000), "million pixels"),
    "picture just too large": (bomb(8_000, 5_001), "million pixels"),
    "picture that lies about its size": (bomb(4_000, 4_000), "damaged"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_in_words_and_nothing_is_kept(
    app: Flask, cast: Cast, settings: Settings, kind: str
) -> None:
    data, said = REFUSED[kind]
    event = making.opened(app, cast.ada)
    for name in ("photo.jpg", "page.pdf"):
        answer = send(cast.vic, event, data, name, caption="What I typed")
        assert answer.status_code == 422
        assert said in words(answer)
        assert "What I typed" in words(answer)
    assert not kept(app)
    assert not stored(settings)


@pytest.mark.parametrize(
    ("data", "name", "shown"),
    [
        (picture("PNG"), "photo.jpg", "photo.png"),
        (picture("JPEG"), "page.html", "page.jpg"),
        (PDF, "photo.jpg", "photo.pdf"),
        (TEXT, "run.exe", "run.txt"),
        (b"#!/bin/sh\nrm -rf /\n", "run.sh", "run.txt"),
    ],
)
def test_a_wrong_ending_is_set_right(app: Flask, cast: Cast, data: bytes, name: str, shown: str) -> None:
    event = making.opened(app, cast.ada)
    assert sent(app, cast.vic, event, data, name).name == shown


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_photo_was_taken_and_by_whom_is_gone(
    app: Flask, cast: Cast, settings: Settings, kind: str
) -> None:
    event = making.opened(app, cast.ada)
    file = sent(app, cast.vic, event, telling_picture(kind))
    for name in stored(settings):
        data = (folder_of(settings) / name).read_bytes()
        assert not opened(data).getexif()
        assert b"Secret" not in data
        assert b"Exif" not in data
    # It was turned the way the camera said: 400 by 200 lying is 200 by 400 standing.
    assert (file.width, file.height) == (200, 400)


def test_what_is_hidden_behind_a_photo_is_gone(app: Flask, cast: Cast, settings: Settings) -> None:
    event = making.opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture() + HTML)
    assert b"script" not in (folder_of(settings) / file.key).read_bytes()


def test_a_large_photo_is_made_smaller_and_keeps_its_shape(
    app: Flask, cast: Cast, settings: Settings
) -> None:
    event = making.opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture(size=(5000, 2500)))
    assert (file.width, file.height) == (2048, 1024)
    assert opened((folder_of(settings) / f"{file.key}.small").read_bytes()).size == (320, 160)


def test_a_small_photo_is_not_blown_up(app: Flask, cast: Cast, settings: Settings) -> None:
    event = making.opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture(size=(60, 40)))
    assert (file.width, file.height) == (60, 40)
    assert opened((folder_of(settings) / f"{file.key}.small").read_bytes()).size == (60, 40)


def test_what_is_seen_through_stays_so(app: Flask, cast: Cast, settings: Settings) -> None:
    event = making.opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture("PNG", mode="RGBA"))
    image = opened((folder_of(settings) / file.key).read_bytes())
    assert (image.mode, image.getpixel((1, 1))) == ("RGBA", (200, 0, 0, 128))


def test_a_photo_in_other_colours_is_taken(app: Flask, cast: Cast, settings: Settings) -> None:
    event = making.opened(app, cast.ada)
    for mode in ("CMYK", "L", "1"):
        out = folder_of(settings).parent / "other.jpg"
        Image.new(mode, (30, 30)).save(out, "JPEG")
        assert sent(app, cast.vic, event, out.read_bytes()).width == 30


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\boot.ini", "boot.jpg"),
        ("C:\\Users\\ada\\dyke.jpeg", "dyke.jpg"),
        ("CON", "file CON.jpg"),
        ("lpt1.tar.gz", "file lpt1.tar.jpg"),
        ("  .htaccess", "htaccess.jpg"),
        ("....", "file.jpg"),
        ("", "file.jpg"),
        (None, "file.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "a Set-Cookie x=1.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("\u200binvisible\x00.jpg", "invisible.jpg"),
        ('"><img src=x>.jpg', "img src=x.jpg"),
        ("Ж" * 300 + ".jpg", "Ж" * 100 + ".jpg"),
        ("/", "file.jpg"),
    ],
)
def test_a_name_is_shown_and_never_a_path(name: str | None, shown: str) -> None:
    assert shown_name(name, "image/jpeg") == shown
