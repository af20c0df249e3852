"""Tokens with a purpose, answers kept for repeated requests, and the counters of the API."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.scopes

# Whoever has a token goes on with it; it may do what it could do until now. A new desk never had
# the library's own table.
KEEP_TOKENS = f"""
DO $$ BEGIN
    IF to_regclass('knox_authtoken') IS NOT NULL THEN
        INSERT INTO accounts_apitoken
            (digest, token_key, user_id, created, expiry, reference, name, scopes, last_shown)
        SELECT digest, token_key, user_id, created, coalesce(expiry, created + interval '30 days'),
               gen_random_uuid(), '', '{{{",".join(accounts.scopes.everything())}}}', ''
        FROM knox_authtoken;
        DROP TABLE knox_authtoken;
    END IF;
END $$
"""  # noqa: S608 - the names of scopes

# A counter is worth nothing after a crash and is written often: no WAL. No model either, so that
# it is what it is: something a reading request may write.
COUNTERS = """
CREATE UNLOGGED TABLE accounts_ratecounter (
    subject varchar(80) PRIMARY KEY,
    began_at bigint NOT NULL,
    taken bigint NOT NULL
) WITH (fillfactor = 50)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("digest", models.CharField(max_length=128, primary_key=True, serialize=False)),
                ("token_key", models.CharField(db_index=True, max_length=25)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("expiry", models.DateTimeField(blank=True, null=True)),
                (
                    "reference",
                    models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
                ),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        default=accounts.scopes.everything,
                        size=None,
                        verbose_name="scopes",
                    ),
                ),
                (
                    "last_shown",
                    models.CharField(blank=True, max_length=4, verbose_name="ends in"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="auth_token_set",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expiry__isnull", False)), name="token_has_an_end"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scopes", []), _negated=True),
                        name="token_has_a_purpose",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=128, verbose_name="key")),
                ("request", models.CharField(max_length=64, verbose_name="request")),
                ("status", models.PositiveSmallIntegerField(verbose_name="status")),
                ("headers", models.JSONField(default=dict, verbose_name="headers")),
                ("sealed_body", models.TextField(blank=True, verbose_name="body, sealed")),
                ("at", models.DateTimeField(db_index=True, verbose_name="at")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "kept answer",
                "verbose_name_plural": "kept answers",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "key"), name="one_answer_for_a_key")
                ],
            },
        ),
        migrations.RunSQL(KEEP_TOKENS, migrations.RunSQL.noop),
        migrations.RunSQL(COUNTERS, "DROP TABLE accounts_ratecounter"),
    ]
