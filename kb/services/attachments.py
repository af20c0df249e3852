"""Keeping pictures and short videos: judged by their content, never by their name."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from kb.models import Attachment
from kb.rules import media
from klingdesk.core.errors import Invalid

MOST_PICTURE = 5 * 1024 * 1024
MOST_VIDEO = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
"""A few kilobytes can claim to be a picture of gigabytes; 40 megapixels are a large photograph."""
MOST_MOVING_PIXELS = 100_000_000
"""In all frames together, for each of them is decoded: 200 frames of 800 × 600 fit."""
MOST_FRAMES = 500

_FORMATS = {media.PNG: "PNG", media.JPEG: "JPEG", media.GIF: "GIF", media.WEBP: "WEBP"}

_NOTHING_BUT_FRAMES: dict[str, Any] = {
    "exif": b"",
    "comment": b"",
    "xmp": b"",
    "icc_profile": None,
}
"""Moving pictures are saved from what was opened, and would take these with them."""


@transaction.atomic
def keep_upload(*, name: str, data: bytes, acting_user: Any, now: datetime) -> Attachment:
    """Keep an editor's file; the same bytes are kept once.

    Pictures are decoded and written anew, so that nothing but the picture is kept: no position,
    no camera, no script behind it. Raises ``Invalid`` at the field ``file`` for anything that is
    not a picture (PNG, JPEG, GIF, WebP) or a video (MP4, WebM), is broken, or is too large.
    """
    if not data:
        raise _refused(_("The file is empty."))
    kind = media.media_type(data)
    if kind is None:
        raise _refused(
            _("Only pictures (PNG, JPEG, GIF, WebP) and videos (MP4, WebM) can be attached.")
        )
    most = MOST_VIDEO if kind in media.VIDEOS else MOST_PICTURE
    if len(data) > most:
        raise _refused(_("The file is larger than %(most)d MB.") % {"most": most // 1024**2})
    width = height = None
    if kind in media.PICTURES:
        data, width, height = _clean_picture(data, kind)
    digest = hashlib.sha256(data).hexdigest()
    attachment, _created = Attachment.objects.get_or_create(
        digest=digest,
        defaults={
            "name": _short_name(name),
            "media_type": kind,
            "size": len(data),
            "width": width,
            "height": height,
            "data": data,
            "uploaded_by": acting_user,
            "created_at": now,
        },
    )
    return attachment


def keep_starter_picture(*, name: str, data: bytes, now: datetime) -> Attachment:
    """Keep a drawing that ships with the starter knowledge base; the same bytes are kept once.

    Only these may be SVG: they are reviewed with the code. An editor's upload may not.
    """
    digest = hashlib.sha256(data).hexdigest()
    attachment, _created = Attachment.objects.get_or_create(
        digest=digest,
        defaults={
            "name": name,
            "media_type": media.SVG,
            "size": len(data),
            "data": data,
            "created_at": now,
        },
    )
    return attachment


def _clean_picture(data: bytes, kind: str) -> tuple[bytes, int, int]:
    """The picture alone, upright, without metadata; moving ones keep their frames."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(data), formats=[_FORMATS[kind]])
            # Cameras put a second JPEG behind the first and call it MPO: no picture that moves.
            moving = _frames(picture, most=1 if kind == media.JPEG else MOST_FRAMES) > 1
            if not moving:
                picture = ImageOps.exif_transpose(picture)
            picture.load()
            cleaned = io.BytesIO()
            if moving:
                picture.save(cleaned, format=_FORMATS[kind], save_all=True, **_NOTHING_BUT_FRAMES)
            else:
                bare = Image.new(picture.mode, picture.size)
                if picture.mode == "P" and (palette := picture.getpalette()) is not None:
                    bare.putpalette(palette)
                bare.paste(picture)
                bare.save(cleaned, format=_FORMATS[kind], **_kept(picture))
    except Invalid:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        # What Pillow's decoders of GIF and WebP come upon in broken files.
        LookupError,
        RuntimeError,
        struct.error,
    ) as broken:
        raise _refused(_("The picture is damaged. Save it anew and upload it again.")) from broken
    width, height = picture.size
    return cleaned.getvalue(), width, height


def _frames(picture: Image.Image, *, most: int) -> int:
    """How many frames a picture has. Refuses more than ``most`` (of one: does not look for more),
    and too many pixels in one or in all.

    Only counts so far as there may be: counting decodes what is counted.
    """
    pixels = max(picture.width * picture.height, 1)
    if pixels > MOST_PIXELS:
        raise _refused(_("The picture has too many pixels."))
    if most == 1 or not getattr(picture, "is_animated", False):
        return 1
    for frame in range(1, min(most, MOST_MOVING_PIXELS // pixels) + 1):
        try:
            picture.seek(frame)
        except EOFError:
            picture.seek(0)
            return frame
    raise _refused(_("The moving picture is too large: make it smaller or shorter."))


def _kept(picture: Image.Image) -> dict[str, Any]:
    """What belongs to the picture itself: transparency, and the quality of a photograph."""
    kept: dict[str, Any] = {}
    if "transparency" in picture.info:
        kept["transparency"] = picture.info["transparency"]
    if picture.format in ("JPEG", "MPO") or picture.mode == "CMYK":
        kept["quality"] = 90
    return kept


def _short_name(name: str) -> str:
    plain = "".join(letter for letter in name if letter.isprintable() and letter not in '/\\"<>')
    return plain.strip()[-120:] or "attachment"


def _refused(message: Any) -> Invalid:
    return Invalid(message, fields={"file": [message]})
