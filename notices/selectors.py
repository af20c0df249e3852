"""Reading notices (each person only the own ones), and what leaves the desk."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, Count, Exists, Min, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat, Now
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from klingdesk.core.roles import roles_of
from klingdesk.database.composed import PERSON, ComposedValues
from notices.models import Delivery, Line, Notice, Preference, Webhook
from notices.models.labels import ChannelKind, DeliveryState
from notices.rules.topics import Topic
from notices.words import codes_of, topics


def notices_for(user: Any, *, unread: bool = False, topic: str = "") -> QuerySet[Notice]:
    """The person's notices, newest first: all, or the unread ones, or those of one topic. What
    may still be taken back is not among them yet."""
    notices = Notice.objects.filter(recipient=user, created_at__lte=Now())
    if unread:
        notices = notices.filter(read_at=None)
    if topic:
        notices = notices.filter(code__in=codes_of(topic))
    return notices


def unread_count(user: Any) -> int:
    """Every page shows it."""
    return sum(number for (number,) in _unread().rows(user.pk))


@cache
def _unread() -> ComposedValues:
    own = notices_for(PERSON, unread=True).order_by().values("recipient")
    return ComposedValues(own.values_list(Count("pk")), PERSON, kept=True)


def topics_for(user: Any) -> list[Topic]:
    """The topics that somebody with this person's roles is told about."""
    roles = roles_of(user)
    return [topic for topic in topics() if topic.concerns(roles)]


def email_topics(user: Any) -> set[str]:
    """The topics that this person is told by e-mail, too."""
    wishes = Preference.objects.filter(person=user, channel=ChannelKind.EMAIL)
    return set(wishes.values_list("topic", flat=True))


def is_email_wanted() -> bool:
    """Whether any active person has chosen e-mail for anything."""
    people = get_user_model().objects.filter(is_active=True)
    wishes = Preference.objects.filter(channel=ChannelKind.EMAIL, person__in=people)
    return wishes.exclude(person__email="").exists()


def webhooks() -> QuerySet[Webhook]:
    """All webhooks, by name, each with ``is_failing``: nothing gets through there now."""
    failing = Line.objects.filter(failures__gt=0, key=OuterRef("line_key"))
    key = Concat(Value("webhook:"), Cast("pk", CharField()), output_field=CharField())
    return (
        Webhook.objects.alias(line_key=key)
        .annotate(is_failing=Exists(failing))
        .select_related("changed_by")
    )


def webhook_get(webhook_id: int) -> Webhook:
    """``NotFound`` when there is none."""
    webhook = webhooks().filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFound(_("There is no such webhook."))
    return webhook


def dead_letters() -> QuerySet[Delivery]:
    """What could not be delivered and waits for somebody's decision, the latest first."""
    return (
        Delivery.objects.filter(state=DeliveryState.DEAD)
        .select_related("recipient", "webhook")
        .order_by("-ended_at", "-pk")
    )


def outbox_lag(now: datetime) -> int:
    """Seconds for which the delivery that is due first has been waiting over a way that works
    (one query). What waits for a target that is down is that target's matter."""
    closed = Line.objects.filter(closed_until__gt=now).values("key")
    waiting = (
        Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=now)
        .exclude(line__in=closed)
        .aggregate(first=Min("due_at"))
    )
    first = waiting["first"]
    return max(0, int((now - first).total_seconds())) if first else 0
