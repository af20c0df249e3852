"""Users of a chatbot who wait for an agent. Who they are shows once somebody has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import Intake
from tickets.querysets import IntakeQuerySet


def intakes_for(*, user: Any) -> IntakeQuerySet:
    """Those that ``user`` may see, with who sent and who took them."""
    return Intake.objects.visible_to(user).select_related("bot", "taken_by")


def waiting_for(*, user: Any, now: datetime) -> IntakeQuerySet:
    """Those that wait at ``now``, the longest first."""
    return intakes_for(user=user).waiting(now=now).order_by("id")


def intake_get_for(*, user: Any, intake_id: int) -> Intake:
    """One of ``intakes_for``, or ``NotFound``."""
    found = intakes_for(user=user).filter(pk=intake_id).first()
    if found is None:
        raise NotFound(_("There is no such waiting user, or you may not see them."))
    return found


def sees_person(intake: Intake, user: Any) -> bool:
    """Whether ``user`` may read who it is and what was said: the program that sent them, and the
    agent who came."""
    return bool(user.pk in (intake.bot_id, intake.taken_by_id))
