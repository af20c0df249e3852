"""What the desk knows of an advisor for giving out tickets: skills, room, weekly shifts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from tickets.models import AdvisorProfile, Shift
from tickets.rules.shift_hours import HoursOverlap, NotHours, Stretch, read_hours
from tickets.selectors.advisors import advisors, profile_of, profile_version
from tickets.services.hints import hint_after_commit
from tickets.services.skills import not_a_skill
from tickets.services.traces import leave_trace

MOST_CAPACITY = 500
MOST_SKILLS = 30
WEEKDAYS = range(7)


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """As typed: ``skills`` parted by commas or spaces, ``hours`` by weekday (0 is Monday) as
    ``tickets.rules.shift_hours`` reads them."""

    skills: str
    capacity: str
    hours: Mapping[int, str] = field(default_factory=dict)


@transaction.atomic
def save_profile(
    *, person_id: int, form: ProfileForm, expected: str, acting_user: Any, now: datetime
) -> AdvisorProfile:
    """Change skills, room and shifts of an advisor; managers do.

    ``expected`` is the ``profile_version`` that was shown: ``Conflict`` (``stale``) when somebody
    changed it since. ``Invalid`` with all field errors (``skills``, ``capacity``, ``hours-0`` …),
    ``NotFound`` for somebody who is no active advisor.
    """
    if Role.MANAGER not in roles_of(acting_user):
        raise NotAllowed(_("Only managers change skills, room and shifts."))
    if not advisors().filter(pk=person_id).exists():
        raise NotFound(_("There is no such advisor."))
    person = get_user_model().objects.select_for_update(no_key=True).get(pk=person_id)
    old = profile_of(person)
    if profile_version(old) != expected:
        raise Conflict(
            _("Somebody has changed this profile meanwhile. Compare, then save again."),
            code="stale",
        )
    errors: dict[str, list[Any]] = {}
    skills = _skills(form.skills, errors)
    capacity = _capacity(form.capacity, errors)
    hours = _hours(form.hours, errors)
    if errors:
        raise Invalid(_("The profile was not saved."), fields=errors)
    profile, _made = AdvisorProfile.objects.update_or_create(
        person=person, defaults={"skills": skills, "capacity": capacity}
    )
    Shift.objects.filter(person=person).delete()
    Shift.objects.bulk_create(
        Shift(person=person, weekday=weekday, starts=starts, ends=ends)
        for weekday, stretches in hours.items()
        for starts, ends in stretches
    )
    new = profile_of(person)
    if new != old:
        leave_trace(
            of=profile,
            row_id=person.pk,
            name=person.get_username(),
            acting_user=acting_user,
            now=now,
            old=old,
            new=new,
        )
        # More room or another skill may be what a queue waits for.
        hint_after_commit("tickets.sweep_routing")
    return profile


def _skills(text: str, errors: dict[str, list[Any]]) -> list[str]:
    found = sorted(set(filter(None, re.split(r"[\s,，、;；]+", text))))
    wrong = [each for skill in found if (each := not_a_skill(skill)) is not None]
    if wrong:
        errors["skills"] = wrong[:1]
    elif len(found) > MOST_SKILLS:
        errors["skills"] = [_("At most %(most)d skills.") % {"most": MOST_SKILLS}]
    return found


def _capacity(text: str, errors: dict[str, list[Any]]) -> int:
    clean = text.strip()
    if clean.isascii() and clean.isdigit() and len(clean) < 6 and int(clean) <= MOST_CAPACITY:
        return int(clean)
    errors["capacity"] = [_("A whole number from 0 to %(most)d.") % {"most": MOST_CAPACITY}]
    return 0


def _hours(typed: Mapping[int, str], errors: dict[str, list[Any]]) -> dict[int, Sequence[Stretch]]:
    hours: dict[int, Sequence[Stretch]] = {}
    for weekday in WEEKDAYS:
        try:
            hours[weekday] = read_hours(typed.get(weekday, ""))
        except NotHours:
            errors[f"hours-{weekday}"] = [
                _("Write hours like 09:00-12:00, 13:30-18:00, each beginning before it ends.")
            ]
        except HoursOverlap:
            errors[f"hours-{weekday}"] = [_("These hours overlap.")]
    return hours
