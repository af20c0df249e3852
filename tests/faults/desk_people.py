"""Makes agents and advisors and prints ``TOKENS {username: token}``: ``python -m ... 4 3``."""

from __future__ import annotations

import json
import sys

import django


def main() -> None:
    django.setup()
    from knox.models import get_token_model

    from bench.desk import person
    from klingdesk.core.roles import Role

    agents, advisors = map(int, sys.argv[1:])
    people = [person(f"agent{number}", Role.AGENT) for number in range(agents)]
    people += [person(f"advisor{number}", Role.ADVISOR) for number in range(advisors)]
    tokens = {
        each.get_username(): get_token_model().objects.create(user=each)[1] for each in people
    }
    sys.stdout.write(f"\nTOKENS {json.dumps(tokens)}\n")


if __name__ == "__main__":
    main()
