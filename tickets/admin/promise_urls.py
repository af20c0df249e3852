from __future__ import annotations

from django.urls import URLPattern, path

from tickets.admin.calendar_notice import calendar_notice_page, calendar_year_page
from tickets.admin.calendar_pages import calendar_day_page, calendar_page
from tickets.admin.policy_pages import sla_policies_page, sla_policy_page
from tickets.admin.promise_change_pages import promise_change_page, promise_changes_page

urlpatterns: list[URLPattern] = [
    path("calendar/", calendar_page, name="calendar"),
    path("calendar/notice/", calendar_notice_page, name="calendar_notice"),
    path("calendar/notice/<int:year>/", calendar_year_page, name="calendar_year"),
    path("calendar/<str:day>/", calendar_day_page, name="calendar_day"),
    path("promise/policies/", sla_policies_page, name="sla_policies"),
    path("promise/policies/<slug:kind>/", sla_policy_page, name="sla_policy"),
    path("promise/changes/", promise_changes_page, name="promise_changes"),
    path("promise/changes/<int:change_id>/", promise_change_page, name="promise_change"),
]
