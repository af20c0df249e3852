"""Django app configurations of the composition root."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin with our own site in place of the stock one."""

    default_site = "klingdesk.admin_site.DeskAdminSite"


class DeskConfig(AppConfig):
    name = "klingdesk"
    verbose_name = "klingdesk"

    def ready(self) -> None:
        from klingdesk import checks  # noqa: F401 - registers the system checks
