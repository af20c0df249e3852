"""Makes people and webhooks: ``python -m ... AGENTS ADVISORS [URL…]``.

Prints ``TOKENS {username: token}``. The first advisor leads the default team, a manager makes a
webhook for each URL, which is told of the team's chases.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django


def main() -> None:
    django.setup()
    from knox.models import get_token_model

    from bench.desk import person
    from klingdesk.core.roles import Role
    from tickets.models import Team

    agents, advisors = map(int, sys.argv[1:3])
    people = [person(f"agent{number}", Role.AGENT) for number in range(agents)]
    people += [person(f"advisor{number}", Role.ADVISOR) for number in range(advisors)]
    Team.objects.filter(is_default=True).update(lead=people[agents])
    make_webhooks(person("manager", Role.MANAGER), sys.argv[3:])
    tokens = {
        each.get_username(): get_token_model().objects.create(user=each)[1] for each in people
    }
    sys.stdout.write(f"\nTOKENS {json.dumps(tokens)}\n")


def make_webhooks(manager: Any, urls: list[str]) -> None:
    from django.utils import timezone

    from notices.services.webhooks import WebhookForm, add_webhook
    from tickets.models import Team
    from tickets.services.telling import audience_of

    audience = audience_of(Team.objects.get(is_default=True))
    for number, url in enumerate(urls):
        form = WebhookForm(
            name=f"hook{number}",
            kind="generic",
            audience=audience,
            topics=["tickets.chases"],
            url=url,
        )
        add_webhook(acting_user=manager, form=form, now=timezone.now())


if __name__ == "__main__":
    main()
