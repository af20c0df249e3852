"""Addresses of the agent's console."""

from __future__ import annotations

from django.urls import URLPattern, path

from tickets.admin import console, console_ask, console_capture, console_contacts, console_transfers

urlpatterns: list[URLPattern] = [
    path("console/", console.home, name="console"),
    path("console/search/", console.search, name="console_search"),
    path("console/questions/<slug:key>/", console.question, name="console_question"),
    path("console/contacts/", console_contacts.start, name="console_start"),
    path("console/contacts/<int:contact_id>/", console_contacts.contact, name="console_contact"),
    path(
        "console/contacts/<int:contact_id>/answer/", console_contacts.answer, name="console_answer"
    ),
    path("console/contacts/<int:contact_id>/back/", console_contacts.back, name="console_back"),
    path("console/contacts/<int:contact_id>/jump/", console_contacts.jump, name="console_jump"),
    path(
        "console/contacts/<int:contact_id>/restart/",
        console_contacts.restart,
        name="console_restart",
    ),
    path(
        "console/contacts/<int:contact_id>/hand-over-instead/",
        console_contacts.instead,
        name="console_instead",
    ),
    path(
        "console/contacts/<int:contact_id>/pass-on/",
        console_transfers.pass_contact_on,
        name="console_pass_on",
    ),
    path(
        "console/contacts/<int:contact_id>/take-over/",
        console_transfers.take_contact_over,
        name="console_take_over",
    ),
    path("console/parked/", console_transfers.parked, name="console_parked"),
    path(
        "console/contacts/<int:contact_id>/finish/", console_contacts.finish, name="console_finish"
    ),
    path(
        "console/contacts/<int:contact_id>/account/",
        console_capture.account,
        name="console_account",
    ),
    path(
        "console/contacts/<int:contact_id>/hand-over/",
        console_capture.hand_over_contact,
        name="console_hand_over",
    ),
    path("console/contacts/<int:contact_id>/chase/", console_capture.chase, name="console_chase"),
    *console_ask.urlpatterns,
]
