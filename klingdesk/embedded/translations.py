"""Compiles the message catalogues that are newer than their compiled form."""

from __future__ import annotations

import shutil
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from klingdesk.embedded.trouble import Trouble


def compile_catalogues(locale: Path) -> str | None:
    """Write ``django.mo`` beside every ``django.po`` that changed; fuzzy entries are left out.

    Returns one line for the person at the terminal when a folder cannot be written, else
    ``None``; ``Trouble`` for a catalogue that is no catalogue.
    """
    unwritable: str | None = None
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            with source.open("rb") as file:
                catalogue = read_po(file, abort_invalid=True)
        except (PoFileError, ValueError) as error:
            raise Trouble(f"{source} is no valid catalogue: {error}") from None
        draft = target.with_name(target.name + ".new")
        try:
            with draft.open("wb") as file:
                write_mo(file, catalogue, use_fuzzy=False)
            shutil.copymode(source, draft)
            draft.replace(target)
        except OSError as error:
            unwritable = (
                f"note: {target.parent} cannot be written ({error.strerror}), so its texts stay "
                "as they were compiled last, or English"
            )
    return unwritable
