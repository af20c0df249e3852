"""What a file is, by its first bytes; its name and what a browser says of it count for nothing."""

from __future__ import annotations

PNG, JPEG, GIF, WEBP = "image/png", "image/jpeg", "image/gif", "image/webp"
MP4, WEBM = "video/mp4", "video/webm"
SVG = "image/svg+xml"

PICTURES = frozenset({PNG, JPEG, GIF, WEBP})
VIDEOS = frozenset({MP4, WEBM})

# ISO base media brands that browsers play; HEIC pictures and audio have the same frame.
_MP4_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"}
)


def media_type(data: bytes) -> str | None:
    """The media type of the kinds that an answer may carry, or None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and data[8:12] in _MP4_BRANDS:
        return MP4
    if data.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in data[:64]:
        return WEBM
    return None
