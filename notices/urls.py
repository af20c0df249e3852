from __future__ import annotations

from django.urls import path

from notices.pages import dead_letters, inbox, settings, webhooks

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read, name="inbox_read"),
    path("inbox/unread/", inbox.unread, name="inbox_unread"),
    path("inbox/settings/", settings.notice_settings, name="notice_settings"),
    path("webhooks/", webhooks.webhook_list, name="webhooks"),
    path("webhooks/<int:webhook_id>/", webhooks.webhook_page, name="webhook"),
    path("webhooks/<int:webhook_id>/act/", webhooks.webhook_act, name="webhook_act"),
    path("undelivered/", dead_letters.letters, name="dead_letters"),
    path("undelivered/deal/", dead_letters.deal, name="dead_letters_deal"),
]
