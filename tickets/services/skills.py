"""What a skill is called: the same for whoever needs it and for whoever has it."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

_SKILL = re.compile(r"[-a-zA-Z0-9_]{1,40}\Z")


def not_a_skill(text: str) -> Any | None:
    """What is wrong with the name of a skill, in words, or None."""
    if _SKILL.match(text):
        return None
    return _("A skill has letters, digits and hyphens, 40 at most.")
