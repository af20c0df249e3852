"""What a desk needs before the first contact: roles, a team, a promise, and demo people."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from klingdesk.core.roles import BOT_GROUP, GROUP_ROLES, Role
from tickets.models import RoutingRule, SlaPolicy, Team
from tickets.models.labels import ClockKind, Priority
from tickets.rules.role_permissions import PERMISSIONS
from tickets.selectors.people import DEMO_GROUP

PROMISED_WORKING_DAYS = 3
"""Source: the hand-over script of the support documents (3 个工作日)."""

FIRST_POLICIES = {ClockKind.CONTACT: PROMISED_WORKING_DAYS, ClockKind.RESOLVE: 10}
"""Working days until managers publish others; the second was promised to nobody."""

DEMO_PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("agent", "一线坐席甲", Role.AGENT),
    ("agent2", "一线坐席乙", Role.AGENT),
    ("advisor", "二线顾问甲", Role.ADVISOR),
    ("advisor2", "二线顾问乙", Role.ADVISOR),
    ("manager", "主管", Role.MANAGER),
    ("editor", "知识运营", Role.EDITOR),
    ("admin", "管理员", Role.ADMIN),
)


@transaction.atomic
def prepare_desk(*, now: datetime) -> None:
    """Roles with their permissions, the default teams and the promise. Safe to repeat."""
    for role in GROUP_ROLES:
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set(_permissions(PERMISSIONS[role]))
    Group.objects.get_or_create(name=BOT_GROUP)
    _default, created = Team.objects.get_or_create(
        slug="tier2", defaults={"name": "二线高级顾问组", "is_default": True}
    )
    safety, _made = Team.objects.get_or_create(slug="safety", defaults={"name": "安全与反诈组"})
    if created:
        RoutingRule.objects.get_or_create(
            order=10, defaults={"tag": "fraud-report", "team": safety, "priority": Priority.NORMAL}
        )
    for kind, working_days in FIRST_POLICIES.items():
        if not SlaPolicy.objects.filter(kind=kind).exists():
            SlaPolicy.objects.create(
                kind=kind,
                version=1,
                working_days=working_days,
                opens=time(9),
                closes=time(18),
                created_at=now,
            )


def _permissions(names: tuple[str, ...]) -> list[Permission]:
    wanted = {tuple(name.split(".", 1)) for name in names}
    rows = Permission.objects.filter(
        codename__in=[codename for _app, codename in wanted]
    ).select_related("content_type")
    return [row for row in rows if (row.content_type.app_label, row.codename) in wanted]


@transaction.atomic
def prepare_demo_people(*, password: str) -> list[str]:
    """Create the demo people, or give them ``password``; returns their user names.

    Existing people keep their password hash when it already fits, so that a restart
    does not end their sessions.
    """
    group, _created = Group.objects.get_or_create(name=DEMO_GROUP)
    for username, name, role in DEMO_PEOPLE:
        user, _made = get_user_model().objects.get_or_create(
            username=username,
            defaults={
                "first_name": name,
                "is_staff": True,
                "is_superuser": role is Role.ADMIN,
            },
        )
        _set_password(user, password)
        user.groups.add(group)
        if role is not Role.ADMIN:
            user.groups.add(Group.objects.get(name=role.value))
        if role is Role.ADVISOR:
            for team in Team.objects.all():
                team.members.add(user)
    return [username for username, _name, _role in DEMO_PEOPLE]


def _set_password(user: Any, password: str) -> None:
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])


@transaction.atomic
def prepare_bench_people(*, count: int) -> list[str]:
    """``count`` agents and as many advisors for measuring, numbered; returns their user names.

    They belong to the demo people, but nobody can log in as one of them.
    """
    demo, _made = Group.objects.get_or_create(name=DEMO_GROUP)
    teams = list(Team.objects.all())
    names: list[str] = []
    for role in (Role.AGENT, Role.ADVISOR):
        group = Group.objects.get(name=role.value)
        for number in range(1, count + 1):
            user, created = get_user_model().objects.get_or_create(
                username=f"bench-{role.value}-{number:03d}", defaults={"is_staff": True}
            )
            names.append(user.get_username())
            if created:
                user.set_unusable_password()
                user.save(update_fields=["password"])
                user.groups.add(demo, group)
                if role is Role.ADVISOR:
                    user.teams.add(*teams)
    return names


@transaction.atomic
def remove_demo_people() -> int:
    """Deactivate all demo people (their history stays); returns how many."""
    return int(
        get_user_model()
        .objects.filter(groups__name=DEMO_GROUP, is_active=True)
        .update(is_active=False)
    )
