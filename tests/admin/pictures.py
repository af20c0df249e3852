"""Small pictures to upload."""

from __future__ import annotations

import io

from PIL import Image


def png(colour: str) -> bytes:
    """A picture of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(stream, format="PNG")
    return stream.getvalue()
