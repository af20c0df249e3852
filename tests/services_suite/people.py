"""Makes the people of a production desk, for bootstrap makes none: ``... PASSWORD [NAME ...]``.

Who is called ``agent…`` or ``tier1`` is one, everybody else is an advisor.
"""

from __future__ import annotations

import sys

import django


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from klingdesk.core.roles import Role
    from tickets.models import Team

    for username in sys.argv[2:] or ["tier1", "tier2"]:
        role = Role.AGENT if username.startswith(("agent", "tier1")) else Role.ADVISOR
        user = get_user_model().objects.create_user(
            username=username, password=sys.argv[1], is_staff=True
        )
        user.groups.add(Group.objects.get(name=role.value))
        if role is Role.ADVISOR:
            Team.objects.get(is_default=True).members.add(user)


if __name__ == "__main__":
    main()
