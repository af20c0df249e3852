"""The desk's own pages inside the admin site (URL names live in the ``admin`` namespace)."""

from __future__ import annotations

from tickets.admin.console_urls import urlpatterns as console
from tickets.admin.flow_numbers import urlpatterns as numbers
from tickets.admin.flow_replay import urlpatterns as replay
from tickets.admin.promise_urls import urlpatterns as promise
from tickets.admin.queue_urls import urlpatterns as queue
from tickets.admin.report_urls import urlpatterns as reports
from tickets.admin.routing_urls import urlpatterns as routing

urlpatterns = [*console, *numbers, *promise, *queue, *replay, *reports, *routing]
