"""Promise and calendar in the stock admin, to be looked at.

Changing them would move due dates that users have been told; that is a service's work, with an
event on every ticket it touches, and never an edit of a row.
"""

from __future__ import annotations

from django.contrib import admin

from kb.admin.base import ReadOnlyAdmin
from tickets.models import CalendarOverride, CalendarYear, SlaPolicy


@admin.register(SlaPolicy)
class SlaPolicyAdmin(ReadOnlyAdmin):
    list_display = ("kind", "version", "working_days", "opens", "closes", "created_at")


@admin.register(CalendarOverride)
class CalendarOverrideAdmin(ReadOnlyAdmin):
    list_display = ("date", "is_working", "reason")
    list_filter = ("is_working",)
    date_hierarchy = "date"


@admin.register(CalendarYear)
class CalendarYearAdmin(ReadOnlyAdmin):
    list_display = ("year", "source")
