"""The roles are groups, with what the stock admin pages ask of them."""

from typing import Any

from django.apps import apps as present_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from klingdesk.core.roles import BOT_GROUP, GROUP_ROLES
from tickets.rules.role_permissions import PERMISSIONS


def make_roles(apps: Any, schema_editor: Any) -> None:
    """Also for a database whose permissions do not exist yet: Django makes them after the last
    migration only. What a later release adds comes with it and with ``bootstrap``."""
    alias = schema_editor.connection.alias
    for label in ("kb", "tickets"):
        create_permissions(
            present_apps.get_app_config(label), verbosity=0, using=alias, apps=apps
        )
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    known = {
        f"{row.content_type.app_label}.{row.codename}": row
        for row in Permission.objects.using(alias).select_related("content_type")
    }
    for role in GROUP_ROLES:
        group, _created = Group.objects.using(alias).get_or_create(name=role.value)
        group.permissions.add(*(known[name] for name in PERMISSIONS[role] if name in known))
    Group.objects.using(alias).get_or_create(name=BOT_GROUP)


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0002_append_only"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    # Backwards the groups stay: people are in them.
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
