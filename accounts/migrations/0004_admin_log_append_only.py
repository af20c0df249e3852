"""Who changed what in the administration cannot be changed, not even by a careless query.

One exception: when a table is gone from the desk, Django forgets its name in the log's entries.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION klingdesk_admin_log_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.content_type_id IS NULL
       AND to_jsonb(NEW) - 'content_type_id' = to_jsonb(OLD) - 'content_type_id'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON django_admin_log
    FOR EACH ROW EXECUTE FUNCTION klingdesk_admin_log_append_only();
"""

BACKWARD = """
DROP TRIGGER append_only ON django_admin_log;
DROP FUNCTION klingdesk_admin_log_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_personal_settings"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
