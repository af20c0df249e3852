"""Published revisions and flow versions cannot be changed, not even by a careless query."""

from django.db import migrations

TABLES = ("kb_revision", "kb_flowversion")

FORWARD = """
CREATE FUNCTION klingdesk_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION klingdesk_append_only();\n"
    for table in TABLES
)

BACKWARD = "".join(f"DROP TRIGGER append_only ON {table};\n" for table in TABLES) + (
    "DROP FUNCTION klingdesk_append_only();"
)


class Migration(migrations.Migration):
    dependencies = [("kb", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
