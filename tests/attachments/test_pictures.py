"""Every picture is taken or plainly refused, whatever a camera or program wrote into it."""

import io
import threading
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from tests.attachments.making import folder_of, kept, opened, picture, send, sent, several_pictures, words
from tests.events import making
from tests.people import Cast
from webapp.attachments import images
from webapp.errors import Problem
from webapp.settings import Settings


def made(
    kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), colour: Any = 0, **more: Any
) -> bytes:
    """A picture of that format, mode and size."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


MORE = {"save_all": True, "append_images": [Image.new("RGB", (40, 30), (1, 2, 3))]}
# Exif of a camera that wrote nonsense: an offset beyond the end; the way up as a text.
NO_EXIF = b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\x99" * 60
WAY_UP_AS_TEXT = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"

TAKEN = {
    "several pictures": (several_pictures((40, 30)), "image/jpeg"),
    "moving webp": (made("WEBP", **MORE), "image/webp"),
    "moving png": (made("PNG", **MORE), "image/png"),
    "jpeg for print": (made("JPEG", "CMYK"), "image/jpeg"),
    "grey jpeg": (made("JPEG", "L"), "image/jpeg"),
    "progressive jpeg": (made("JPEG", progressive=True), "image/jpeg"),
    "jpeg without its first marker": (b"\xff\xd8" + made("JPEG")[20:], "image/jpeg"),
    "png of 16 bits": (made("PNG", "I;16", colour=30_000), "image/png"),
    "png of 16 bits, clear": (made("PNG", "I;16", transparency=5), "image/png"),
    "png of two colours": (made("PNG", "1"), "image/png"),
    "png with a palette, clear": (made("PNG", "P", transparency=0), "image/png"),
    "png with a palette, half clear": (made("PNG", "P", transparency=bytes(256)), "image/png"),
    "grey png, clear": (made("PNG", "LA"), "image/png"),
    "png with one clear colour": (made("PNG", transparency=(0, 0, 0)), "image/png"),
    "lossless webp": (made("WEBP", "RGBA", lossless=True), "image/webp"),
    "colour profile that is none": (made("JPEG", icc_profile=b"x" * 500), "image/jpeg"),
    "notes of the camera that are none": (made("JPEG", exif=NO_EXIF), "image/jpeg"),
    "way up that is no number": (made("JPEG", exif=WAY_UP_AS_TEXT), "image/jpeg"),
    "one pixel": (made("PNG", size=(1, 1)), "image/png"),
}
REFUSED = {
    "gif": made("GIF", "P"),
    "tiff": made("TIFF"),
    "icon": made("ICO", size=(32, 32)),
    "png of no size": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(13) + b"\xa8\xa1\xae\n",
    "webp that is none": b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\xff" * 40,
    "several pictures, cut short": several_pictures()[:900],
    "progressive jpeg, cut short": made("JPEG", size=(400, 300), progressive=True)[:-300],
    "moving webp, cut short": made("WEBP", **MORE)[:-20],
    "jpeg of noise": b"\xff\xd8\xff\xe1" + bytes(range(256)) * 8,
    "wide beyond measure": made("PNG", "1", size=(300_000, 200)),
    "progressive and huge": made("JPEG", size=(9_000, 8_000), progressive=True),
}


@pytest.mark.parametrize("some", [range(0, 10), range(10, 19)])
def test_every_picture_is_kept_as_what_it_shows(
    app: Flask, cast: Cast, settings: Settings, some: range
) -> None:
    event = making.opened(app, cast.ada)
    for name in [*TAKEN][some.start : some.stop]:
        data, media_type = TAKEN[name]
        file = sent(app, cast.vic, event, data)
        assert file.media_type == media_type, name
        image = opened((folder_of(settings) / file.key).read_bytes())
        assert getattr(image, "n_frames", 1) == 1, name
        assert image.size == (file.width, file.height), name


def test_every_other_is_refused_in_words(app: Flask, cast: Cast) -> None:
    event = making.opened(app, cast.ada)
    for name, data in REFUSED.items():
        answer = send(cast.vic, event, data)
        assert answer.status_code == 422, name
        assert "field-error" in words(answer), name
    assert not kept(app)


def test_of_several_pictures_the_first_is_kept(app: Flask, cast: Cast, settings: Settings) -> None:
    event = making.opened(app, cast.ada)
    file = sent(app, cast.vic, event, several_pictures())
    assert (file.width, file.height, file.name) == (400, 300, "photo.jpg")
    assert opened((folder_of(settings) / file.key).read_bytes()).format == "JPEG"


def test_a_large_photo_is_judged_by_what_it_takes_when_it_is_drawn(app: Flask, cast: Cast) -> None:
    """A JPEG of 108 million pixels, as phones make them, is decoded at a quarter of its size."""
    event = making.opened(app, cast.ada)
    file = sent(app, cast.vic, event, made("JPEG", size=(12_000, 9_000)))
    assert (file.width, file.height) == (2048, 1536)


def test_pictures_take_up_half_of_the_threads_and_whoever_comes_then_is_asked_to_come_again(
    app: Flask, cast: Cast, settings: Settings
) -> None:
    event = making.opened(app, cast.ada)
    most = settings.threads // 2
    answers: list[int] = []

    def draw() -> None:
        with app.app_context():
            try:
                images.redraw(picture(size=(3000, 3000)))
                answers.append(200)
            except Problem as problem:
                answers.append(problem.status)

    drawing = [threading.Thread(target=draw) for _ in range(most)]
    for thread in drawing:
        thread.start()
    while images._room._taken < most and not answers:
        pass
    refused = send(cast.vic, event, picture(), caption="What I typed")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "What I typed" in words(refused)
    assert "Send this one again in a moment" in words(refused)
    for thread in drawing:
        thread.join()
    assert answers == [200] * most
    assert sent(app, cast.vic, event, picture()).width == 400
