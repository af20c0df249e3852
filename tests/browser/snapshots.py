"""Pictures to compare with: what a page looked like when somebody last looked at it and agreed.

The references under ``tests/browser/snapshots/`` were taken with Debian's chromium and
fonts-noto-cjk, at half size: what another version draws a little differently at a letter's edge
is gone there, a colour or a line in another place is not. ``KLINGDESK_SNAPSHOTS=write`` takes them
anew. On a difference the three pictures (wanted, found, where they differ) are in ``artefacts/``.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageFilter

REFERENCES = Path(__file__).with_name("snapshots")
COLOURS = 256
TOLERANCE = 48
"""Of 255, in each channel."""
MOST_DIFFERENT = 0.01
MOST_STRETCH = 0.02
"""Lines may break elsewhere by a pixel or two; a row more or less is a difference."""


def small(shot: bytes) -> Image.Image:
    """Half size, softened: letters become grey where they are, whatever their edges."""
    full = Image.open(io.BytesIO(shot)).convert("RGB")
    half = full.resize((full.width // 2, full.height // 2), Image.Resampling.BOX)
    return half.filter(ImageFilter.BoxBlur(1))


def difference(wanted: Image.Image, found: Image.Image) -> tuple[float, Image.Image]:
    """The share of pixels that differ by more than the tolerance, and where they are."""
    size = (min(wanted.width, found.width), min(wanted.height, found.height))
    box = (0, 0, *size)
    bands = ImageChops.difference(wanted.crop(box), found.crop(box)).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    marked = most.point(lambda value: 255 if value > TOLERANCE else 0)
    return marked.histogram()[255] / (size[0] * size[1]), marked


def agrees(shot: bytes, name: str, artefacts: Path) -> None:
    """Fail unless ``shot`` looks like the reference ``name``; or write it, where that was asked."""
    found = small(shot)
    reference = REFERENCES / f"{name}.png"
    if os.environ.get("KLINGDESK_SNAPSHOTS") == "write":
        REFERENCES.mkdir(exist_ok=True)
        few = found.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(reference, optimize=True)
        return
    assert reference.exists(), f"no reference {name}: take it with KLINGDESK_SNAPSHOTS=write"
    wanted = Image.open(reference).convert("RGB")
    share, marked = difference(wanted, found)
    stretch = abs(wanted.height - found.height) / wanted.height
    if share <= MOST_DIFFERENT and stretch <= MOST_STRETCH and wanted.width == found.width:
        return
    artefacts.mkdir(exist_ok=True)
    pictures: dict[str, Any] = {"wanted": wanted, "found": found, "differs": marked}
    for what, picture in pictures.items():
        picture.save(artefacts / f"{name}-{what}.png")
    raise AssertionError(
        f"{name} looks different: {share:.1%} of it, {wanted.size} became {found.size}; "
        f"see {artefacts}/{name}-*.png"
    )
