"""What reports count: a narrow row for each ticket and each contact, and sums of whole days.

Two triggers keep the contacts' rows and note which days of contacts and searches have changed, so
their numbers are always those of now; both look at whole statements. Tickets follow the feed.
Deleting a contact (it was archived) or a search (its time is over) changes no number.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION klingdesk_day_of(instant timestamptz) RETURNS date LANGUAGE sql
    IMMUTABLE PARALLEL SAFE RETURN (instant AT TIME ZONE 'Asia/Shanghai')::date;

CREATE FUNCTION klingdesk_count_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH changed AS (
        INSERT INTO tickets_contactfact (contact_id, started_at, day, question_id, agent_id, outcome)
        SELECT id, started_at, klingdesk_day_of(started_at), question_id, agent_id, status
        FROM written
        ON CONFLICT (contact_id) DO UPDATE
        SET started_at = excluded.started_at, day = excluded.day,
            question_id = excluded.question_id, agent_id = excluded.agent_id,
            outcome = excluded.outcome
        WHERE (tickets_contactfact.started_at, tickets_contactfact.question_id,
               tickets_contactfact.agent_id, tickets_contactfact.outcome)
              IS DISTINCT FROM
              (excluded.started_at, excluded.question_id, excluded.agent_id, excluded.outcome)
        RETURNING day
    )
    INSERT INTO tickets_reportdirty (source, day) SELECT DISTINCT 'contact', day FROM changed;
    RETURN NULL;
END $$;
CREATE TRIGGER count_new_contacts AFTER INSERT ON tickets_consultation
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION klingdesk_count_contacts();
CREATE TRIGGER count_contacts AFTER UPDATE ON tickets_consultation
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION klingdesk_count_contacts();

CREATE FUNCTION klingdesk_count_searches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_reportdirty (source, day)
    SELECT DISTINCT 'search', klingdesk_day_of(asked_at) FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER count_new_searches AFTER INSERT ON kb_loggedsearch
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION klingdesk_count_searches();
CREATE TRIGGER count_searches AFTER UPDATE ON kb_loggedsearch
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION klingdesk_count_searches();
"""

BACKWARD = """
DROP TRIGGER count_searches ON kb_loggedsearch;
DROP TRIGGER count_new_searches ON kb_loggedsearch;
DROP FUNCTION klingdesk_count_searches();
DROP TRIGGER count_contacts ON tickets_consultation;
DROP TRIGGER count_new_contacts ON tickets_consultation;
DROP FUNCTION klingdesk_count_contacts();
DROP FUNCTION klingdesk_day_of(timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0002_append_only"),
        ("tickets", "0004_feed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FlowOutcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=200, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReportDirty",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=8)),
                ("day", models.DateField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="ReportState",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(null=True)),
                ("number", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ReportDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=8)),
                ("grain", models.CharField(max_length=1)),
                ("start", models.DateField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "grain", "start"), name="report_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportSum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=8)),
                ("by", models.CharField(max_length=8)),
                ("grain", models.CharField(max_length=1)),
                ("start", models.DateField()),
                ("key", models.BigIntegerField()),
                ("kind", models.SmallIntegerField()),
                ("code", models.IntegerField()),
                ("count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "grain", "start", "by", "key", "kind", "code"),
                        include=("count",),
                        name="report_sum_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactFact",
            fields=[
                ("contact_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("day", models.DateField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("open", "In progress"),
                            ("answered", "Answered"),
                            ("redirected", "Redirected"),
                            ("abandoned", "Abandoned"),
                            ("escalated", "Handed over"),
                            ("chased", "Chased"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kb.standardquestion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["day", "started_at", "contact_id"], name="contact_fact_by_day"
                    ),
                    models.Index(fields=["question", "day"], name="contact_fact_by_question"),
                    models.Index(fields=["agent", "day"], name="contact_fact_by_agent"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketFact",
            fields=[
                ("ticket_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField()),
                ("day", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("queued", "Queued"),
                            ("assigned", "In progress"),
                            ("waiting", "Waiting for the user"),
                            ("returned", "Returned to tier 1"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("merged", "Merged"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("profile", models.IntegerField()),
                ("due_at", models.DateTimeField(null=True)),
                ("provisional", models.BooleanField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("solved_at", models.DateTimeField(null=True)),
                ("resolve_due_at", models.DateTimeField(null=True)),
                ("contact_minutes", models.IntegerField(null=True)),
                ("resolve_minutes", models.IntegerField(null=True)),
                ("chases", models.PositiveSmallIntegerField()),
                ("returns", models.PositiveSmallIntegerField()),
                ("reopens", models.PositiveSmallIntegerField()),
                ("settled", models.BooleanField()),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "outcome",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.flowoutcome",
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kb.standardquestion",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.team",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["day", "created_at", "ticket_id"], name="fact_by_day"),
                    models.Index(
                        condition=models.Q(("settled", False)),
                        fields=["day"],
                        name="fact_unsettled",
                    ),
                    models.Index(fields=["question", "day"], name="fact_by_question"),
                    models.Index(fields=["team", "day"], name="fact_by_team"),
                    models.Index(fields=["assignee", "day"], name="fact_by_assignee"),
                    models.Index(fields=["agent", "day"], name="fact_by_agent"),
                    models.Index(fields=["outcome", "day"], name="fact_by_outcome"),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
