"""How this package says that it cannot go on."""

from __future__ import annotations


class BackupTrouble(Exception):
    """Something an operator can put right; the message says how."""
