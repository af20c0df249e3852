"""Sums by two keys at once, for reports that are narrowed to one thing and grouped by another."""

from django.db import migrations, models

# Sums are never wrong, only missing: those of tickets are made anew, now with the pairs.
FORGET = """
DELETE FROM tickets_reportday WHERE source = 'ticket';
DELETE FROM tickets_reportsum WHERE source = 'ticket';
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0008_archive")]
    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="reportsum", name="report_sum_once"),
        migrations.AlterField(
            model_name="reportsum", name="by", field=models.CharField(max_length=20)
        ),
        migrations.AddField(
            model_name="reportsum", name="other", field=models.BigIntegerField(db_default=0)
        ),
        migrations.AddConstraint(
            model_name="reportsum",
            constraint=models.UniqueConstraint(
                fields=["source", "grain", "start", "by", "key", "other", "kind", "code"],
                include=["count"],
                name="report_sum_once",
            ),
        ),
    ]
