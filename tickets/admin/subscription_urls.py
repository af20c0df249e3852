"""Addresses of event subscriptions."""

from __future__ import annotations

from django.urls import path

from tickets.admin import subscription_pages

urlpatterns = [
    path("subscriptions/", subscription_pages.subscription_list, name="subscriptions"),
    path(
        "subscriptions/<int:subscription_id>/",
        subscription_pages.subscription_page,
        name="subscription",
    ),
    path(
        "subscriptions/<int:subscription_id>/act/",
        subscription_pages.subscription_act,
        name="subscription_act",
    ),
]
