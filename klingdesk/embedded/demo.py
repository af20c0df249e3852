"""The demo people's logins: who there is, their one password, and the file that keeps it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from klingdesk.embedded.folder import write_private
from klingdesk.embedded.trouble import Trouble

PEOPLE = (
    ("agent", "frontline agent"),
    ("agent2", "frontline agent"),
    ("advisor", "tier-2 advisor"),
    ("advisor2", "tier-2 advisor"),
    ("manager", "manager"),
    ("editor", "knowledge editor"),
    ("admin", "administrator"),
)
_LABEL = "password: "


def demo_password(path: Path, environment: Mapping[str, str]) -> str:
    """The password of the demo people: ``KLINGDESK_DEMO_PASSWORD``, else the one kept in ``path``,
    else a new one. Whichever it is, it is kept for the next start."""
    given = environment.get("KLINGDESK_DEMO_PASSWORD", "").strip()
    if any(ord(character) < 32 for character in given):
        raise Trouble("KLINGDESK_DEMO_PASSWORD holds a line break or the like; choose another.")
    kept = _kept(path)
    password = given or kept or secrets.token_urlsafe(9)
    if password != kept:
        people = "".join(f"{name:<10}{role}\n" for name, role in PEOPLE)
        write_private(path, f"{people}\n{_LABEL}{password}\n")
    return password


def _kept(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    return next((line[len(_LABEL) :].strip() for line in lines if line.startswith(_LABEL)), "")
