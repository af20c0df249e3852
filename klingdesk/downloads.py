"""Files that are sent in pieces, so that no web process ever holds all of one."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header


def stream_file(
    pieces: Iterator[bytes], *, name: str, media_type: str, size: int
) -> StreamingHttpResponse:
    """An attachment of ``size`` bytes. A browser sees by its length that a download broke off."""
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "",
        "Content-Length": str(size),
        # Packed on the way the length would be lost; and a workbook is packed already.
        "Content-Encoding": "identity",
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(pieces, content_type=media_type, headers=headers)
