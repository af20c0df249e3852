"""A ticket's timeline, and who passed a contact to whom, cannot be changed, not even by a careless
query.

One exception: what was said of a user is taken out of it when the time has come. Who says so in
the same transaction may change words and values of an event, or the note of a transfer, and
nothing that reports count by.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION klingdesk_timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('klingdesk.anonymising', true) = 'on'
       AND ROW(NEW.id, NEW.ticket_id, NEW.code, NEW.actor_id, NEW.at)
           IS NOT DISTINCT FROM ROW(OLD.id, OLD.ticket_id, OLD.code, OLD.actor_id, OLD.at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tickets_ticketevent
    FOR EACH ROW EXECUTE FUNCTION klingdesk_timeline_append_only();

CREATE FUNCTION klingdesk_transfers_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('klingdesk.anonymising', true) = 'on'
       AND ROW(NEW.id, NEW.consultation_id, NEW.from_agent_id, NEW.to_agent_id, NEW.by_id, NEW.at)
           IS NOT DISTINCT FROM
           ROW(OLD.id, OLD.consultation_id, OLD.from_agent_id, OLD.to_agent_id, OLD.by_id, OLD.at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tickets_contacttransfer
    FOR EACH ROW EXECUTE FUNCTION klingdesk_transfers_append_only();
"""

BACKWARD = """
DROP TRIGGER append_only ON tickets_contacttransfer;
DROP FUNCTION klingdesk_transfers_append_only();
DROP TRIGGER append_only ON tickets_ticketevent;
DROP FUNCTION klingdesk_timeline_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial"), ("kb", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
