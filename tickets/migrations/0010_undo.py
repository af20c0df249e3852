"""What can be taken back, and the one way in which a note loses its text.

The timeline lets a note be emptied for as long as its writer may take it back; what is left says
that there was one, whose and when. Nothing else of it can be changed, and nothing later.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FUNCTION = """
CREATE OR REPLACE FUNCTION klingdesk_timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('klingdesk.anonymising', true) = 'on'
       AND ROW(NEW.id, NEW.ticket_id, NEW.code, NEW.actor_id, NEW.at)
           IS NOT DISTINCT FROM ROW(OLD.id, OLD.ticket_id, OLD.code, OLD.actor_id, OLD.at)
    THEN
        RETURN NEW;
    END IF;
    {withdrawing}
    IF TG_OP = 'DELETE' AND current_setting('klingdesk.archiving', true) = 'on'
       AND EXISTS (SELECT 1 FROM tickets_archivedticket WHERE id = OLD.ticket_id)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

# A minute is more than the offer and its grace: the service is strict, this is the outer fence.
WITHDRAWING = """
    IF TG_OP = 'UPDATE' AND OLD.code = 'ticket.noted' AND NEW.note = ''
       AND ROW(NEW.id, NEW.ticket_id, NEW.code, NEW.actor_id, NEW.at, NEW.old, NEW.new)
           IS NOT DISTINCT FROM
           ROW(OLD.id, OLD.ticket_id, OLD.code, OLD.actor_id, OLD.at, OLD.old, OLD.new)
       AND EXISTS (SELECT 1 FROM tickets_undo
                   WHERE event_id = OLD.id AND until > clock_timestamp() - interval '1 minute')
    THEN
        RETURN NEW;
    END IF;
"""

FORWARD = FUNCTION.replace("{withdrawing}", WITHDRAWING)
BACKWARD = FUNCTION.replace("{withdrawing}", "")


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0009_pair_sums"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Undo",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="undo",
                        serialize=False,
                        to="tickets.ticket",
                        verbose_name="ticket",
                    ),
                ),
                ("first_event", models.BigIntegerField(verbose_name="first event")),
                (
                    "key",
                    models.UUIDField(
                        db_index=True, default=uuid.uuid4, editable=False, verbose_name="key"
                    ),
                ),
                ("before", models.JSONField(default=dict, verbose_name="before")),
                ("until", models.DateTimeField(verbose_name="until")),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticketevent",
                        verbose_name="event",
                    ),
                ),
            ],
            options={"verbose_name": "undo offer", "verbose_name_plural": "undo offers"},
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
