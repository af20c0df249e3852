"""Attachments: what may be kept, and who may fetch it."""

from __future__ import annotations

import contextlib
import io
import random
import struct
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from kb.models import Attachment, StandardQuestion
from kb.rules import media
from kb.selectors.attachments import attachment_for
from kb.services import attachments
from kb.services.attachments import keep_starter_picture, keep_upload
from kb.services.content import AttachmentContent, QuestionContent, published_content
from kb.services.publishing import publish_question
from klingdesk.core.errors import Invalid, NotFound
from tests.conftest import NOW

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00" * 64
WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\x00" * 64
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6), **options: Any) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, "teal").save(held, format=kind, **options)
    return held.getvalue()


def keep(data: bytes, *, user: Any, name: str = "图.png") -> Attachment:
    return keep_upload(name=name, data=data, acting_user=user, now=NOW)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_kept_with_its_size_whatever_its_name_says(kind: str, editor: Any) -> None:
    kept = keep(picture(kind), user=editor, name="film.exe")
    assert kept.media_type == f"image/{kind.lower()}"
    assert (kept.width, kept.height) == (8, 6)
    assert kept.uploaded_by == editor
    assert media.media_type(bytes(kept.data)) == kept.media_type


def test_metadata_does_not_survive_and_the_picture_stands_upright(editor: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    exif[0x010E] = "taken at home"
    kept = keep(picture("JPEG", exif=exif.tobytes()), user=editor)
    assert (kept.width, kept.height) == (6, 8)
    assert b"taken at home" not in bytes(kept.data)
    assert not Image.open(io.BytesIO(bytes(kept.data))).getexif()


def test_what_hides_behind_a_picture_is_cut_off(editor: Any) -> None:
    kept = keep(picture() + b"<script>alert(1)</script>", user=editor)
    assert b"script" not in bytes(kept.data)


def test_a_moving_picture_keeps_its_frames(editor: Any) -> None:
    held = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "green", "blue")]
    frames[0].save(held, format="GIF", save_all=True, append_images=frames[1:])
    kept = keep(held.getvalue(), user=editor)
    assert getattr(Image.open(io.BytesIO(bytes(kept.data))), "n_frames", 1) == 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_a_moving_picture_loses_what_is_no_picture(kind: str, editor: Any) -> None:
    exif = Image.Exif()
    exif[0x010E] = "HIDDEN exif"
    beside = {
        "GIF": {"comment": b"HIDDEN comment"},
        "PNG": {"exif": exif.tobytes(), "icc_profile": b"HIDDEN profile"},
        "WEBP": {"exif": exif.tobytes(), "xmp": b"HIDDEN xmp", "icc_profile": b"HIDDEN profile"},
    }[kind]
    held = io.BytesIO()
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    frames[0].save(held, format=kind, save_all=True, append_images=frames[1:], **beside)
    assert b"HIDDEN" in held.getvalue() or kind == "PNG", "profiles of PNG are compressed"
    data = bytes(keep(held.getvalue(), user=editor).data)
    kept = Image.open(io.BytesIO(data))
    assert getattr(kept, "n_frames", 1) == 3
    assert b"HIDDEN" not in data
    assert not {"comment", "exif", "xmp", "icc_profile"} & kept.info.keys()


def test_a_photograph_with_a_second_one_behind_it_is_the_first(editor: Any) -> None:
    """MPO: what some cameras and telephones write as .jpg."""
    held = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    first, second = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (40, 30), "blue")
    first.save(held, format="MPO", save_all=True, append_images=[second], exif=exif.tobytes())
    kept = keep(held.getvalue(), user=editor, name="IMG_0001.jpg")
    opened = Image.open(io.BytesIO(bytes(kept.data)))
    assert (kept.media_type, opened.format) == ("image/jpeg", "JPEG")
    assert (kept.width, kept.height) == (30, 40)
    red, _green, blue = opened.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > 200 > 50 > blue


def test_every_broken_picture_is_refused_with_the_reason(editor: Any) -> None:
    """Bytes turned at random: kept where a picture is left, refused otherwise, and never a 500."""
    chance = random.Random(4)
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        held = io.BytesIO()
        frames[0].save(held, format=kind, save_all=True, append_images=frames[1:])
        for _turn in range(150):
            data = bytearray(held.getvalue())
            for _byte in range(chance.randint(1, 6)):
                data[chance.randrange(12, len(data))] = chance.randrange(256)
            with contextlib.suppress(Invalid):
                keep(bytes(data), user=editor)


@pytest.mark.parametrize("fault", [IndexError, KeyError, RuntimeError])
def test_whatever_a_decoder_stumbles_over_is_a_refusal(
    fault: type[Exception], editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture("GIF")

    def stumble(*_args: Any, **_options: Any) -> None:
        raise fault

    monkeypatch.setattr(Image.Image, "load", stumble)
    with pytest.raises(Invalid, match="damaged"):
        keep(data, user=editor)


def test_transparency_survives(editor: Any) -> None:
    held = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(held, format="PNG")
    kept = keep(held.getvalue(), user=editor)
    assert Image.open(io.BytesIO(bytes(kept.data))).getpixel((0, 0)) == (0, 0, 0, 0)


@pytest.mark.parametrize(("data", "kind"), [(MP4, media.MP4), (WEBM, media.WEBM)])
def test_a_short_video_is_kept_as_it_is(data: bytes, kind: str, editor: Any) -> None:
    kept = keep(data, user=editor, name="a.png")
    assert (kept.media_type, bytes(kept.data)) == (kind, data)


def test_the_same_bytes_are_kept_once(editor: Any) -> None:
    first, second = keep(picture(), user=editor), keep(picture(), user=editor, name="other.png")
    assert first == second
    assert second.name == "图.png"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (SVG, "Only pictures"),
        (b"<html><script>alert(1)</script>", "Only pictures"),
        (b"%PDF-1.7", "Only pictures"),
        (b"MZ\x90\x00", "Only pictures"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 32, "Only pictures"),
        (picture()[:40], "damaged"),
        (b"\xff\xd8\xff" + b"\x00" * 50, "damaged"),
    ],
)
def test_anything_else_is_refused_with_the_reason(data: bytes, words: str, editor: Any) -> None:
    with pytest.raises(Invalid) as refused:
        keep(data, user=editor)
    assert words in str(refused.value.fields["file"][0])
    assert not Attachment.objects.exists()


def test_limits(editor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST_PICTURE", 1024**2)
    monkeypatch.setattr(attachments, "MOST_VIDEO", 2 * 1024**2)
    with pytest.raises(Invalid, match="larger than 1 MB"):
        keep(picture() + b"\0" * 1024**2, user=editor)
    with pytest.raises(Invalid, match="larger than 2 MB"):
        keep(MP4 + b"\0" * 2 * 1024**2, user=editor)
    monkeypatch.setattr(attachments, "MOST_PIXELS", 40)
    with pytest.raises(Invalid, match="too many pixels"):
        keep(picture(), user=editor)


def moving(width: int, height: int, frames: int) -> bytes:
    """A GIF whose frames are a pixel each, on a canvas that each of them fills when decoded."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


@pytest.mark.parametrize("size", [(6000, 6000, 20), (6000, 6000, 4), (10, 10, 5000)])
def test_a_few_bytes_of_moving_picture_do_not_take_minutes(
    size: tuple[int, int, int], editor: Any
) -> None:
    with pytest.raises(Invalid, match="moving picture is too large"):
        keep(moving(*size), user=editor)


def test_a_moving_picture_that_ends_in_the_middle_of_a_frame(editor: Any) -> None:
    with pytest.raises(Invalid, match="damaged"):
        keep(moving(10, 10, 4)[:-8], user=editor)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a/../b.png", "a..b.png"), ("\r\nSet-Cookie: x", "Set-Cookie: x"), ("", "attachment")],
)
def test_a_name_is_made_harmless(name: str, kept: str, editor: Any) -> None:
    assert keep(picture(), user=editor, name=name).name == kept


def attach(question: StandardQuestion, attachment: Attachment, **changes: Any) -> None:
    content: QuestionContent = replace(
        published_content(question),
        attachments=(AttachmentContent(attachment.digest, "示意图"),),
        **changes,
    )
    publish_question(key=question.key, content=content, acting_user=None, reason="t", now=NOW)


def test_everybody_gets_those_of_answers_in_force(
    questions: dict[str, StandardQuestion], agent: Any, editor: Any, stranger: Any
) -> None:
    kept = keep(picture(), user=editor)
    with pytest.raises(NotFound):
        attachment_for(user=agent, digest=kept.digest, now=NOW)
    assert attachment_for(user=editor, digest=kept.digest, now=NOW) == kept
    attach(questions["price"], kept, expires_at=NOW + timedelta(days=1))
    assert attachment_for(user=agent, digest=kept.digest, now=NOW) == kept
    with pytest.raises(NotFound):
        attachment_for(user=stranger, digest=kept.digest, now=NOW)
    with pytest.raises(NotFound):
        attachment_for(user=agent, digest=kept.digest, now=NOW + timedelta(days=1))


def test_it_is_served_so_that_nothing_in_it_runs(
    client: Client, questions: dict[str, StandardQuestion], editor: Any
) -> None:
    drawing = keep_starter_picture(name="路径图.svg", data=SVG, now=NOW)
    client.force_login(editor)
    response = client.get(reverse("admin:kb_attachment", args=[drawing.digest]))
    assert response.content == SVG
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert response.headers["Content-Disposition"].startswith("inline")
    again = client.get(
        reverse("admin:kb_attachment", args=[drawing.digest]),
        headers={"If-None-Match": response.headers["ETag"]},
    )
    assert again.status_code == 304
    saved = client.get(reverse("admin:kb_attachment", args=[drawing.digest]) + "?download")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert client.get(reverse("admin:kb_attachment", args=["0" * 64])).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "got"),
    [
        ("bytes=0-3", 206, MP4[:4]),
        ("bytes=4-", 206, MP4[4:]),
        ("bytes=-5", 206, MP4[-5:]),
        ("bytes=0-99999", 206, MP4),
        ("bytes=99999-", 200, MP4),
        ("bytes=3-1", 200, MP4),
        ("bytes=0-1,3-4", 200, MP4),
        ("lines=0-1", 200, MP4),
        ("bytes=٣-", 200, MP4),
        pytest.param(f"bytes={'9' * 5000}-", 200, MP4, id="no-number-of-this-length"),
    ],
)
def test_a_part_of_a_video(
    asked: str, status: int, got: bytes, client: Client, editor: Any
) -> None:
    film = keep(MP4, user=editor)
    client.force_login(editor)
    response = client.get(
        reverse("admin:kb_attachment", args=[film.digest]), headers={"Range": asked}
    )
    assert (response.status_code, response.content) == (status, got)
