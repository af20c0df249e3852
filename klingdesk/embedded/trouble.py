"""How this package says that it cannot go on."""

from __future__ import annotations


class Trouble(Exception):
    """Something a person can put right; the message is one line and says how."""


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or SIGHUP arrived while the desk was being prepared."""
