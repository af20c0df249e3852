"""Makes the people of a production desk: ``python -m ... PASSWORD`` (bootstrap makes none)."""

from __future__ import annotations

import sys

import django


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from klingdesk.core.roles import Role
    from tickets.models import Team

    for username, role in (("tier1", Role.AGENT), ("tier2", Role.ADVISOR)):
        user = get_user_model().objects.create_user(
            username=username, password=sys.argv[1], is_staff=True
        )
        user.groups.add(Group.objects.get(name=role.value))
        if role is Role.ADVISOR:
            Team.objects.get(is_default=True).members.add(user)


if __name__ == "__main__":
    main()
