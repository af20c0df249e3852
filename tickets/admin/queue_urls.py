"""Addresses of the advisors' and managers' pages about tickets."""

from __future__ import annotations

from django.urls import URLPattern, path

from tickets.admin.advisor_day import advisor_day, work_counts
from tickets.admin.queue import queue_find, queue_page, queue_take
from tickets.admin.queue_bulk import queue_bulk
from tickets.admin.queue_views import queue_view_change, queue_view_save
from tickets.admin.ticket import ticket_page
from tickets.admin.ticket_presence import ticket_here
from tickets.admin.ticket_undo import ticket_undo

urlpatterns: list[URLPattern] = [
    path("day/", advisor_day, name="advisor_day"),
    path("day/counts/", work_counts, name="work_counts"),
    path("queue/", queue_page, name="queue"),
    path("queue/find/", queue_find, name="queue_find"),
    path("queue/take/", queue_take, name="queue_take"),
    path("queue/bulk/", queue_bulk, name="queue_bulk"),
    path("queue/views/", queue_view_save, name="queue_view_save"),
    path("queue/views/<int:view_id>/", queue_view_change, name="queue_view"),
    path("undo/", ticket_undo, name="ticket_undo"),
    path("ticket/<str:number>/", ticket_page, name="ticket"),
    path("ticket/<str:number>/here/", ticket_here, name="ticket_here"),
]
