"""The feed of events in the order in which they were committed, and who reads it.

Numbers of events are given when they are written, not when they are committed, so they are no
cursor. A trigger notes every new event, whoever wrote it and however many at once; one sequencer
moves what is noted into the feed. Whoever loads history says so in the same transaction
(``SET LOCAL klingdesk.history = 'on'``): what happened long ago is no news.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION klingdesk_note_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('klingdesk.history', true) IS DISTINCT FROM 'on' THEN
        INSERT INTO tickets_eventpending (event_id) SELECT id FROM written;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_events AFTER INSERT ON tickets_ticketevent
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION klingdesk_note_events();
"""

BACKWARD = """
DROP TRIGGER note_events ON tickets_ticketevent;
DROP FUNCTION klingdesk_note_events();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0003_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="EventPending",
            fields=[
                ("event_id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "since",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FeedReader",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="name"
                    ),
                ),
                ("position", models.BigIntegerField(default=0, verbose_name="position")),
            ],
        ),
        migrations.CreateModel(
            name="FeedEntry",
            fields=[
                (
                    "position",
                    models.BigIntegerField(
                        primary_key=True, serialize=False, verbose_name="position"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feed_entry",
                        to="tickets.ticketevent",
                        verbose_name="event",
                    ),
                ),
            ],
            options={
                "verbose_name": "feed entry",
                "verbose_name_plural": "feed entries",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="FeedHead",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("newest", models.BigIntegerField(default=0)),
                ("purged", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="feed_has_one_head"),
                    models.CheckConstraint(
                        condition=models.Q(("newest__gte", models.F("purged")), ("purged__gte", 0)),
                        name="feed_head_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventSubscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                (
                    "codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="events",
                    ),
                ),
                ("host", models.CharField(max_length=260, verbose_name="host")),
                ("sealed_url", models.TextField(verbose_name="address, sealed")),
                ("sealed_secret", models.TextField(verbose_name="secret, sealed")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("on", "In use"),
                            ("paused", "Paused after failures"),
                            ("off", "Switched off"),
                        ],
                        default="on",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("position", models.BigIntegerField(verbose_name="position")),
                ("round", models.PositiveIntegerField(default=0)),
                ("batch_to", models.BigIntegerField(blank=True, null=True)),
                ("claim", models.BigIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failures")),
                (
                    "failing_since",
                    models.DateTimeField(blank=True, null=True, verbose_name="failing since"),
                ),
                (
                    "next_try_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="next try"),
                ),
                (
                    "last_error",
                    models.CharField(blank=True, max_length=300, verbose_name="last error"),
                ),
                (
                    "last_told_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last told"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "event subscription",
                "verbose_name_plural": "event subscriptions",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["on", "paused", "off"])),
                        name="subscription_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sealed_url", ""), _negated=True),
                            models.Q(("sealed_secret", ""), _negated=True),
                        ),
                        name="subscription_is_signed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("batch_to", None),
                            ("batch_to__gt", models.F("position")),
                            _connector="OR",
                        ),
                        name="subscription_batch_lies_ahead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("failing_since", None), ("failures", 0)),
                            models.Q(("failing_since__isnull", False), ("failures__gt", 0)),
                            _connector="OR",
                        ),
                        name="subscription_failing_since_it_failed",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
