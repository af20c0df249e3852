from __future__ import annotations

from django.urls import path

from notices import pages

urlpatterns = [
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/read/", pages.read, name="inbox_read"),
]
