"""What can be said of a reference picture or video from its address or its first bytes."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import SplitResult, urlsplit

from PIL import Image

_HEADS = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpg",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"%PDF": "pdf",
    b"<svg": "svg",
}
PICTURE_FORMATS = ("jpg", "jpeg", "png")
VIDEO_FORMATS = ("mp4", "mov")
_ENDINGS = """
    jpg jpeg png gif webp bmp tif tiff svg heic heif avif ico psd pdf
    mp4 mov avi mkv webm flv wmv m4v mpg mpeg ts m3u8 mp3 wav txt html zip
"""
_KNOWN_ENDINGS = frozenset(_ENDINGS.split())
_LOCAL_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".intranet", ".corp", ".home.arpa")
_FILE = re.compile(r"(?:[A-Za-z]:[\\/]|\\\\|\.{0,2}/|~/|@)|[^/:?#\s]+\.\w{2,4}\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}\Z")
_PLACEHOLDER = re.compile(r"\$\{?\w+\}?|\{\{.{1,60}\}\}|<[^<>]{1,60}>|%\w+%|\{\w{1,60}\}")


@dataclass(frozen=True, slots=True)
class Picture:
    """``size`` in pixels is None when the header could not be read."""

    format: str | None
    bytes: int
    size: tuple[int, int] | None


def is_placeholder(value: str) -> bool:
    """Whether the value is filled in later: ``$URL``, ``{{url}}``, ``<your image>``."""
    return _PLACEHOLDER.match(value.strip()) is not None


def address(value: str) -> SplitResult | None:
    """The parts of an http or https address, or None for anything else."""
    try:
        parts = urlsplit(value.strip())
        web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return parts if web else None


def not_a_url(value: str) -> str:
    """In Chinese, what a value that is no web address seems to be."""
    plain = value.strip()
    if plain.lower().startswith("data:"):
        return "带 data: 前缀的 Base64"
    if plain.lower().startswith(("file:", "blob:")):
        return "本机地址"
    if looks_like_base64(plain):
        return "Base64"
    if _FILE.match(plain):
        return "文件路径"
    return "别的内容"


def looks_like_base64(value: str) -> bool:
    plain = value.strip()
    return plain.startswith("[Base64 #") or _BASE64.match(plain) is not None


def why_not_public(parts: SplitResult) -> str | None:
    """Why nobody outside can fetch the address, or None if nothing speaks against it."""
    host = (parts.hostname or "").rstrip(".").lower()
    try:
        known = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(_LOCAL_ENDINGS):
            return "本机或内网域名"
        return "不是公网域名" if "." not in host else None
    if known.is_loopback:
        return "本机地址"
    return None if known.is_global and not known.is_multicast else "内网地址"


def ending(parts: SplitResult) -> str | None:
    """The file ending of an address, if it is one that tells the format."""
    name = parts.path.rpartition("/")[2]
    last = name.rpartition(".")[2].lower() if "." in name else ""
    return last if last in _KNOWN_ENDINGS else None


def picture_of(encoded: str) -> Picture | None:
    """What the Base64 text holds, or None if it is not whole."""
    plain = "".join(encoded.split())
    try:
        data = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Picture("webp", len(data), None)
    known = next((name for head, name in _HEADS.items() if data.startswith(head)), None)
    return Picture(known, len(data), _pixels(data) if known in PICTURE_FORMATS else None)


def _pixels(data: bytes) -> tuple[int, int] | None:
    try:
        # Reads the header only; a cut-off or forged one fails in many ways, all meaning "unknown".
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as picture:
            return picture.size
    except Exception:
        return None
