"""The feed: every event of every ticket in one order that a reader can keep its place in."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models.labels import SubscriptionState


class EventPending(models.Model):
    """An event that has no place in the feed yet; a trigger writes it with the event.

    ``since`` is the database's clock: how long it has been waiting is nobody's ``now``.
    """

    event_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.event_id)


class FeedHead(models.Model):
    """The one row that says how far the feed reaches: ``newest`` is the last position that was
    given, ``purged`` the last one that has been deleted. Both are 0 at first.

    Positions are counted here and not drawn from a sequence, so that there are no holes in them:
    whoever reads all of them can tell that nothing is missing.
    """

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    newest = models.BigIntegerField(default=0)
    purged = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="feed_has_one_head", condition=Q(id=1)),
            models.CheckConstraint(
                name="feed_head_in_order",
                condition=Q(purged__gte=0, newest__gte=models.F("purged")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purged}–{self.newest}"


class FeedEntry(models.Model):
    """The place of an event in the feed. Positions become visible in ascending order, whatever
    the order in which the events' transactions began. ``at`` is when it was given."""

    position = models.BigIntegerField(_("position"), primary_key=True)
    event = models.OneToOneField(
        "tickets.TicketEvent",
        models.PROTECT,
        related_name="feed_entry",
        verbose_name=_("event"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("feed entry")
        verbose_name_plural = _("feed entries")
        ordering = ["position"]

    def __str__(self) -> str:
        return str(self.position)


class FeedReader(models.Model):
    """A part of the desk that reads the feed: it has dealt with everything up to ``position``."""

    name = models.CharField(_("name"), max_length=40, primary_key=True)
    position = models.BigIntegerField(_("position"), default=0)

    def __str__(self) -> str:
        return self.name


class EventSubscription(models.Model):
    """Another program that is told events of tickets, in the order of the feed.

    ``codes`` empty means all events, ``team`` null tickets of all teams. Everything up to
    ``position`` has been told or did not match. ``batch_to`` is the last position of the request
    under way: until it has been taken, the same events are told again. ``claim`` numbers the
    claims and replays; a sender that was stopped for too long names an old one and changes
    nothing. ``round`` counts replays, so that what is told anew has another id.

    Address and secret are sealed (``notices.channels.sealing``); ``host`` may be shown.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    codes = ArrayField(
        models.CharField(max_length=40), verbose_name=_("events"), default=list, blank=True
    )
    team = models.ForeignKey(
        "tickets.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team"),
    )
    host = models.CharField(_("host"), max_length=260)
    sealed_url = models.TextField(_("address, sealed"))
    sealed_secret = models.TextField(_("secret, sealed"))
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=SubscriptionState.choices,
        default=SubscriptionState.ON,
    )
    position = models.BigIntegerField(_("position"))
    round = models.PositiveIntegerField(default=0)
    batch_to = models.BigIntegerField(null=True, blank=True)
    claim = models.BigIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    next_try_at = models.DateTimeField(
        pgettext_lazy("subscription", "next try"), null=True, blank=True
    )
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    last_told_at = models.DateTimeField(_("last told"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("event subscription")
        verbose_name_plural = _("event subscriptions")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="subscription_state_known", condition=Q(state__in=SubscriptionState.values)
            ),
            models.CheckConstraint(
                name="subscription_is_signed",
                condition=~Q(sealed_url="") & ~Q(sealed_secret=""),
            ),
            models.CheckConstraint(
                name="subscription_batch_lies_ahead",
                condition=Q(batch_to=None) | Q(batch_to__gt=models.F("position")),
            ),
            models.CheckConstraint(
                name="subscription_failing_since_it_failed",
                condition=Q(failures=0, failing_since=None)
                | Q(failures__gt=0, failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
