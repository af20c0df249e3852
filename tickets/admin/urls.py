"""The desk's own pages inside the admin site (URL names live in the ``admin`` namespace)."""

from __future__ import annotations

from tickets.admin.console_urls import urlpatterns as console
from tickets.admin.contact_pages import urlpatterns as contacts
from tickets.admin.contact_record import urlpatterns as contact_record
from tickets.admin.export_pages import urlpatterns as exports
from tickets.admin.flow_numbers import urlpatterns as numbers
from tickets.admin.flow_replay import urlpatterns as replay
from tickets.admin.forecast_pages import urlpatterns as forecast
from tickets.admin.intake_pages import urlpatterns as intake
from tickets.admin.promise_urls import urlpatterns as promise
from tickets.admin.queue_urls import urlpatterns as queue
from tickets.admin.report_urls import urlpatterns as reports
from tickets.admin.routing_urls import urlpatterns as routing
from tickets.admin.subscription_urls import urlpatterns as subscriptions
from tickets.admin.weekly_pages import urlpatterns as weekly

urlpatterns = [
    *console,
    *contacts,
    *contact_record,
    *exports,
    *forecast,
    *intake,
    *numbers,
    *promise,
    *queue,
    *replay,
    *reports,
    *routing,
    *subscriptions,
    *weekly,
]
