"""Addresses of the knowledge base in the API."""

from __future__ import annotations

from django.urls import path

from kb.api import views

urlpatterns = [
    path("search/", views.Search.as_view(), name="api-kb-search"),
    path("questions/", views.QuestionList.as_view(), name="api-kb-questions"),
    path("questions/<slug:key>/", views.QuestionDetail.as_view(), name="api-kb-question"),
]
