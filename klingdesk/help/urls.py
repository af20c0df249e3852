from __future__ import annotations

from django.urls import path

from klingdesk.help import pages

urlpatterns = [
    path("help/", pages.own_help, name="help"),
    path("help/<slug:role>/", pages.role_help, name="help_role"),
    path("help/<slug:role>/tour/", pages.tour, name="tour"),
    path("help/<slug:role>/tour/answer/", pages.tour_answer, name="tour_answer"),
]
