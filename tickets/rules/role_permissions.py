"""What the stock admin pages ask of each role; everything else is decided by role itself.

Read by the migration that makes the groups and by ``bootstrap``, which brings later additions.
"""

from __future__ import annotations

from collections.abc import Mapping

from klingdesk.core.roles import Role

PERMISSIONS: Mapping[Role, tuple[str, ...]] = {
    Role.AGENT: (),
    Role.ADVISOR: (),
    Role.MANAGER: (
        "tickets.view_team",
        "tickets.change_team",
        "tickets.add_team",
    ),
    Role.EDITOR: (
        "kb.view_category",
        "kb.add_category",
        "kb.change_category",
        "kb.view_standardquestion",
        "kb.add_standardquestion",
        "kb.change_standardquestion",
        "kb.view_revision",
        "kb.view_flow",
        "kb.view_flowversion",
        "kb.view_synonym",
        "kb.add_synonym",
        "kb.change_synonym",
        "kb.delete_synonym",
    ),
}
