from __future__ import annotations

from django.urls import URLPattern, path

from tickets.admin.queue import queue_page, queue_take
from tickets.admin.ticket import ticket_page

urlpatterns: list[URLPattern] = [
    path("queue/", queue_page, name="queue"),
    path("queue/take/", queue_take, name="queue_take"),
    path("ticket/<str:number>/", ticket_page, name="ticket"),
]
