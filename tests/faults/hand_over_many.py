"""Hands contacts over as a web process does, in threads: ``python -m ... AGENT COUNT FIRST``.

AGENT is a user name, FIRST the account ID of the first contact. Prints ``done SECONDS`` with the
longest time that a hand-over took.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django


def main() -> None:
    django.setup()
    username, count, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with ThreadPoolExecutor(4) as pool:
        took = list(pool.map(lambda n: hand_over_one(username, str(first + n)), range(count)))
    sys.stdout.write(f"done {max(took):.1f}\n")


def hand_over_one(username: str, account_id: str) -> float:
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from tickets.services.consultations import answer_step, start_consultation
    from tickets.services.hand_over import Capture, hand_over

    agent = get_user_model().objects.get(username=username)
    now = timezone.now()
    contact = start_consultation(
        acting_user=agent,
        channel="phone",
        utterance="扣了我两次",
        question_key="twice-charged",
        now=now,
    )
    answer_step(consultation_id=contact.pk, acting_user=agent, node="pages", value="no", now=now)
    capture = Capture(
        problem="一个视频扣了两次灵感值",
        demand="退回多扣的灵感值",
        account_id=account_id,
        contact_channel="private_message",
        extra={"times": "2"},
    )
    began = time.monotonic()
    hand_over(consultation_id=contact.pk, acting_user=agent, capture=capture, now=timezone.now())
    return time.monotonic() - began


if __name__ == "__main__":
    main()
