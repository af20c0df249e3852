"""Users of a chatbot who wait for an agent."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0006_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Intake",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "external_id",
                    models.CharField(max_length=100, verbose_name="number at the chatbot"),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("phone", "Phone"), ("chat", "Chat")],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("text", models.TextField(verbose_name="the user's words")),
                (
                    "account_id",
                    models.CharField(blank=True, max_length=20, verbose_name="account ID"),
                ),
                (
                    "session",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="session at the chatbot"
                    ),
                ),
                (
                    "transcript",
                    models.JSONField(blank=True, default=list, verbose_name="conversation"),
                ),
                (
                    "suggestions",
                    models.JSONField(blank=True, default=list, verbose_name="suggested questions"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for an agent"),
                            ("taken", "Taken by an agent"),
                            ("expired", "Nobody came in time"),
                            ("withdrawn", "Withdrawn by the chatbot"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="waiting since")),
                ("expires_at", models.DateTimeField(verbose_name="waits until")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "anonymised_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="anonymised at"),
                ),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="chatbot",
                    ),
                ),
                (
                    "consultation",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intake",
                        to="tickets.consultation",
                        verbose_name="consultation",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="agent",
                    ),
                ),
            ],
            options={
                "verbose_name": "chatbot's user",
                "verbose_name_plural": "chatbot's users",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["id"],
                        name="intake_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["expires_at"],
                        name="intake_to_expire",
                    ),
                    models.Index(
                        condition=models.Q(("anonymised_at", None), ("ended_at__isnull", False)),
                        fields=["ended_at"],
                        name="intake_to_anonymise",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("bot", "external_id"), name="intake_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["waiting", "taken", "expired", "withdrawn"])
                        ),
                        name="intake_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("status", "waiting")),
                            models.Q(
                                models.Q(("status", "waiting"), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="intake_ended_when_not_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("consultation__isnull", False),
                                ("status", "taken"),
                                ("taken_by__isnull", False),
                            ),
                            models.Q(
                                models.Q(("status", "taken"), _negated=True),
                                ("consultation", None),
                                ("taken_by", None),
                            ),
                            _connector="OR",
                        ),
                        name="intake_taken_is_a_contact",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="intake_waits_a_while",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("anonymised_at", None), ("ended_at__isnull", False), _connector="OR"
                        ),
                        name="intake_anonymised_after_its_end",
                    ),
                ],
            },
        ),
    ]
