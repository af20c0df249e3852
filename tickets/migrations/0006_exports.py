"""Tables that are written in the background, and reports that are sent."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0005_report_facts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WeeklyReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("monday", models.DateField(unique=True, verbose_name="week")),
                ("sent_at", models.DateTimeField(verbose_name="sent at")),
            ],
            options={
                "verbose_name": "weekly report",
                "verbose_name_plural": "weekly reports",
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40, verbose_name="table")),
                ("query", models.CharField(blank=True, max_length=2000, verbose_name="filters")),
                (
                    "file_format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "Excel workbook")],
                        max_length=8,
                        verbose_name="format",
                    ),
                ),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting its turn"),
                            ("running", "Being written"),
                            ("done", "Ready"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "claimed_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="claimed until"),
                ),
                (
                    "rows_done",
                    models.PositiveBigIntegerField(default=0, verbose_name="rows written"),
                ),
                (
                    "rows_total",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="rows in all"
                    ),
                ),
                (
                    "size",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="bytes"),
                ),
                ("error", models.CharField(blank=True, max_length=40, verbose_name="error")),
                ("created_at", models.DateTimeField(verbose_name="asked for at")),
                (
                    "started_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="begun at"),
                ),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="ended at"),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="expires at"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ExportChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(verbose_name="attempt")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("data", models.BinaryField(verbose_name="data")),
                (
                    "export",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="tickets.export",
                        verbose_name="export",
                    ),
                ),
            ],
            options={
                "verbose_name": "piece of an export",
                "verbose_name_plural": "pieces of exports",
            },
        ),
        migrations.CreateModel(
            name="ReportSubscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="report_subscriptions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "subscription of the weekly report",
                "verbose_name_plural": "subscriptions of the weekly report",
            },
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["owner", "-created_at"], name="export_by_owner"),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["created_at", "id"],
                name="export_undone",
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                condition=models.Q(("state", "done")),
                fields=["expires_at"],
                name="export_to_expire",
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at"],
                name="export_to_forget",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["queued", "running", "done", "failed", "cancelled", "expired"])
                ),
                name="export_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("file_format__in", ["csv", "xlsx"])), name="export_format_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("claimed_until__isnull", False),
                        ("started_at__isnull", False),
                        ("state", "running"),
                    ),
                    models.Q(
                        models.Q(("state", "running"), _negated=True), ("claimed_until", None)
                    ),
                    _connector="OR",
                ),
                name="export_claimed_while_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", False),
                        ("state__in", ("done", "failed", "cancelled", "expired")),
                    ),
                    models.Q(
                        models.Q(
                            ("state__in", ("done", "failed", "cancelled", "expired")), _negated=True
                        ),
                        ("finished_at", None),
                    ),
                    _connector="OR",
                ),
                name="export_ended_when_it_is",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(("expires_at__isnull", False), ("size__isnull", False)),
                    _connector="OR",
                ),
                name="export_done_has_a_file_for_a_while",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "failed"), ("error", ""), _connector="XOR"),
                name="export_failed_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="exportchunk",
            constraint=models.UniqueConstraint(
                fields=("export", "attempt", "number"), name="export_chunk_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportsubscription",
            constraint=models.UniqueConstraint(
                fields=("person", "team"), name="subscription_once", nulls_distinct=False
            ),
        ),
    ]
