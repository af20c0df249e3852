"""The desk's own pages inside the admin site (URL names live in the ``admin`` namespace)."""

from __future__ import annotations

from tickets.admin.console_urls import urlpatterns as console
from tickets.admin.queue_urls import urlpatterns as queue
from tickets.admin.report_urls import urlpatterns as reports

urlpatterns = [*console, *queue, *reports]
