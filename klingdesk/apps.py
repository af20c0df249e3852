"""Django app configurations of the composition root."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin with our own site in place of the stock one."""

    default_site = "klingdesk.admin_site.DeskAdminSite"


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Django's static files without what no page of ours uses: megabytes to hash and compress."""

    ignore_patterns = [*DjangoStaticFilesConfig.ignore_patterns, "redoc", "rest_framework"]


class DeskConfig(AppConfig):
    name = "klingdesk"
    verbose_name = "klingdesk"

    def ready(self) -> None:
        from klingdesk import checks  # noqa: F401 - registers the system checks
