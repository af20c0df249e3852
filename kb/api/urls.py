"""Addresses of the knowledge base in the API."""

from __future__ import annotations

from django.urls import path

from kb.api import search_log, views

urlpatterns = [
    path("searches/", search_log.SearchLog.as_view(), name="api-kb-searches"),
    path("search/", views.Search.as_view(), name="api-kb-search"),
    path("questions/", views.QuestionList.as_view(), name="api-kb-questions"),
    path("attachments/<slug:digest>/", views.AttachmentFile.as_view(), name="api-kb-attachment"),
    path("questions/<slug:key>/", views.QuestionDetail.as_view(), name="api-kb-question"),
]
