"""A ticket's timeline cannot be changed, not even by a careless query."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial"), ("kb", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tickets_ticketevent "
            "FOR EACH ROW EXECUTE FUNCTION klingdesk_append_only();",
            "DROP TRIGGER append_only ON tickets_ticketevent;",
        )
    ]
