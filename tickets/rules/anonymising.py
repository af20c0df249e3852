"""What stays of a ticket's history once nothing may tell of its user any more.

Events keep by name what reports, clocks and routing read; every other key goes, so that a new
one is gone too unless it is written down here.
"""

from __future__ import annotations

ANONYMISED = "（已匿名化）"
"""Stands in place of every free text. Content is Chinese, whatever the reader's language."""

KEPT_KEYS = (
    "assignee",
    "at",
    "because",
    "breached",
    "cancelled",
    "capacity",
    "cause",
    "change",
    "chases",
    "clock",
    "code",
    "consultation",
    "due_at",
    "follows",
    "from",
    "into",
    "kind",
    "level",
    "load",
    "mentions",
    "next_try_at",
    "pauses",
    "policy",
    "priority",
    "provisional",
    "reason",
    "reopened",
    "result",
    "returns",
    "rule",
    "skill",
    "status",
    "team",
    "ticket",
    "undoes",
    "watchers",
)
"""Codes, instants, numbers of tickets and names of people of the desk; no free text."""

KEPT_OF_TRANSCRIPT = (
    "channel",
    "flow",
    "flow_digest",
    "flow_version",
    "question",
    "question_revision",
    "queue",
)
"""What was asked and by which flow; not what was said."""
