"""Addresses of the search log and of the gaps it shows."""

from __future__ import annotations

from django.urls import URLPattern, path

from kb.admin import gap_pages, search_log_page

urlpatterns: list[URLPattern] = [
    path("console-searches/", search_log_page.log, name="kb_search_log"),
    path("kb-gaps/", gap_pages.gaps, name="kb_gaps"),
    path("kb-gaps/deal/", gap_pages.deal, name="kb_gap_deal"),
]
