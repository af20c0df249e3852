"""Where old tickets are moved.

The timeline lets events of a ticket go that stands in the archive, to whoever says in the same
transaction that it is archiving. The archive lets nothing go; anonymising takes the user out.
"""

import django.contrib.postgres.fields
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

FORWARD = """
CREATE OR REPLACE FUNCTION klingdesk_timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('klingdesk.anonymising', true) = 'on'
       AND ROW(NEW.id, NEW.ticket_id, NEW.code, NEW.actor_id, NEW.at)
           IS NOT DISTINCT FROM ROW(OLD.id, OLD.ticket_id, OLD.code, OLD.actor_id, OLD.at)
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('klingdesk.archiving', true) = 'on'
       AND EXISTS (SELECT 1 FROM tickets_archivedticket WHERE id = OLD.ticket_id)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION klingdesk_archive_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('klingdesk.anonymising', true) = 'on'
       AND ROW(NEW.id, NEW.question_id, NEW.status, NEW.team_id, NEW.assignee_id,
               NEW.handed_over_by_id, NEW.reporters, NEW.created_at, NEW.ended_at,
               NEW.resolution_code, NEW.merged_into_id, NEW.archived_at)
           IS NOT DISTINCT FROM
           ROW(OLD.id, OLD.question_id, OLD.status, OLD.team_id, OLD.assignee_id,
               OLD.handed_over_by_id, OLD.reporters, OLD.created_at, OLD.ended_at,
               OLD.resolution_code, OLD.merged_into_id, OLD.archived_at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is kept', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON tickets_archivedticket
    FOR EACH ROW EXECUTE FUNCTION klingdesk_archive_is_kept();
"""

BACKWARD = """
DROP TRIGGER kept ON tickets_archivedticket;
DROP FUNCTION klingdesk_archive_is_kept();
CREATE OR REPLACE FUNCTION klingdesk_timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('klingdesk.anonymising', true) = 'on'
       AND ROW(NEW.id, NEW.ticket_id, NEW.code, NEW.actor_id, NEW.at)
           IS NOT DISTINCT FROM ROW(OLD.id, OLD.ticket_id, OLD.code, OLD.actor_id, OLD.at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

STATUSES = [
    ("new", "New"),
    ("queued", "Queued"),
    ("assigned", "In progress"),
    ("waiting", "Waiting for the user"),
    ("returned", "Returned to tier 1"),
    ("resolved", "Resolved"),
    ("closed", "Closed"),
    ("merged", "Merged"),
    ("cancelled", "Cancelled"),
]
RESOLUTIONS = [
    ("refunded", "Credits given back"),
    ("fixed", "Fixed"),
    ("explained", "Explained"),
    ("not_reproducible", "Could not be reproduced"),
    ("user_unreachable", "User could not be reached"),
    ("referred", "Referred to another team"),
    ("duplicate", "Duplicate"),
    ("other", "Other"),
]


def reference(to: str, name: str, **more: Any) -> Any:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        to=to,
        verbose_name=name,
        **{"related_name": "+", **more},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0002_append_only"),
        ("tickets", "0007_intake"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="ArchivedTicket",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("question", reference("kb.standardquestion", "standard question")),
                (
                    "status",
                    models.CharField(choices=STATUSES, max_length=10, verbose_name="status"),
                ),
                ("team", reference("tickets.team", "team", null=True)),
                ("assignee", reference(settings.AUTH_USER_MODEL, "assignee", null=True)),
                ("handed_over_by", reference(settings.AUTH_USER_MODEL, "handed over by")),
                (
                    "reporters",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="reporters"
                    ),
                ),
                (
                    "account_id",
                    models.CharField(blank=True, max_length=20, verbose_name="account ID"),
                ),
                ("created_at", models.DateTimeField(verbose_name="handed over at")),
                ("ended_at", models.DateTimeField(verbose_name="closed at")),
                (
                    "resolution_code",
                    models.CharField(
                        blank=True, choices=RESOLUTIONS, max_length=20, verbose_name="resolution"
                    ),
                ),
                ("merged_into_id", models.BigIntegerField(null=True, verbose_name="merged into")),
                ("document", models.JSONField(verbose_name="document")),
                ("archived_at", models.DateTimeField(verbose_name="archived at")),
                ("anonymised_at", models.DateTimeField(null=True, verbose_name="anonymised at")),
            ],
            options={
                "verbose_name": "archived ticket",
                "verbose_name_plural": "archived tickets",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=Q(anonymised_at=None),
                        fields=["ended_at"],
                        name="archive_to_anonymise",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(status__in=["closed", "merged", "cancelled"]),
                        name="archived_ticket_has_ended",
                    ),
                    models.CheckConstraint(
                        condition=Q(archived_at__gt=F("ended_at")), name="archived_after_its_end"
                    ),
                    models.CheckConstraint(
                        condition=Q(merged_into_id__isnull=False, status="merged")
                        | (~Q(status="merged") & Q(merged_into_id=None)),
                        name="archived_ticket_merged_somewhere",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="consultation",
            name="archived",
            field=reference(
                "tickets.archivedticket",
                "archived ticket",
                blank=True,
                null=True,
                related_name="consultations",
            ),
        ),
        migrations.AddIndex(
            model_name="consultation",
            index=models.Index(
                condition=Q(archived__isnull=False),
                fields=["archived"],
                name="consultation_archived",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="consultation", name="consultation_handed_over_has_ticket"
        ),
        migrations.AddConstraint(
            model_name="consultation",
            constraint=models.CheckConstraint(
                condition=~Q(status__in=["escalated", "chased"])
                | Q(ticket__isnull=False)
                | Q(archived__isnull=False),
                name="consultation_handed_over_has_ticket",
            ),
        ),
        migrations.AddConstraint(
            model_name="consultation",
            constraint=models.CheckConstraint(
                condition=Q(ticket=None) | Q(archived=None),
                name="consultation_ticket_in_one_place",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
