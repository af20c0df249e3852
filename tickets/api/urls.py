"""Addresses of contacts, tickets, due dates and reports in the API."""

from __future__ import annotations

from django.urls import path

from tickets.api import actions, consultations, moves, reports, sla, tickets

_contact = "consultations/<int:consultation_id>/"
_ticket = "tickets/<number>/"

urlpatterns = [
    path("consultations/", consultations.Start.as_view(), name="api-consultations"),
    path(_contact, consultations.Detail.as_view(), name="api-consultation"),
    path(_contact + "answer/", consultations.Answer.as_view(), name="api-consultation-answer"),
    path(_contact + "back/", consultations.Back.as_view(), name="api-consultation-back"),
    path(
        _contact + "hand-over-instead/",
        consultations.HandOverInstead.as_view(),
        name="api-consultation-hand-over-instead",
    ),
    path(
        _contact + "escalate/", consultations.Escalate.as_view(), name="api-consultation-escalate"
    ),
    path(_contact + "finish/", consultations.Finish.as_view(), name="api-consultation-finish"),
    path(_contact + "pass-on/", consultations.PassOn.as_view(), name="api-consultation-pass-on"),
    path(
        _contact + "take-over/",
        consultations.TakeOver.as_view(),
        name="api-consultation-take-over",
    ),
    path(_contact + "chase/", consultations.Chase.as_view(), name="api-consultation-chase"),
    path("tickets/", tickets.TicketList.as_view(), name="api-tickets"),
    path("tickets/claim-next/", tickets.ClaimNext.as_view(), name="api-tickets-claim-next"),
    path("tickets/bulk/", moves.Bulk.as_view(), name="api-tickets-bulk"),
    path(_ticket, tickets.TicketDetail.as_view(), name="api-ticket"),
    path(_ticket + "claim/", actions.Claim.as_view(), name="api-ticket-claim"),
    path(_ticket + "release/", actions.Release.as_view(), name="api-ticket-release"),
    path(_ticket + "contact/", actions.Contact.as_view(), name="api-ticket-contact"),
    path(_ticket + "wait/", actions.Wait.as_view(), name="api-ticket-wait"),
    path(_ticket + "resume/", actions.Resume.as_view(), name="api-ticket-resume"),
    path(_ticket + "resolve/", actions.Resolve.as_view(), name="api-ticket-resolve"),
    path(_ticket + "reopen/", moves.Reopen.as_view(), name="api-ticket-reopen"),
    path(_ticket + "return/", moves.Return.as_view(), name="api-ticket-return"),
    path(_ticket + "complete/", moves.Complete.as_view(), name="api-ticket-complete"),
    path(_ticket + "transfer/", moves.Transfer.as_view(), name="api-ticket-transfer"),
    path(_ticket + "chase/", actions.Chase.as_view(), name="api-ticket-chase"),
    path(_ticket + "note/", actions.Note.as_view(), name="api-ticket-note"),
    path(_ticket + "merge/", moves.Merge.as_view(), name="api-ticket-merge"),
    path(_ticket + "cancel/", moves.Cancel.as_view(), name="api-ticket-cancel"),
    path(_ticket + "priority/", moves.SetPriority.as_view(), name="api-ticket-priority"),
    path(_ticket + "watch/", moves.Watch.as_view(), name="api-ticket-watch"),
    path(_ticket + "unwatch/", moves.Unwatch.as_view(), name="api-ticket-unwatch"),
    path(_ticket + "reveal/", moves.Reveal.as_view(), name="api-ticket-reveal"),
    path("reports/sla/", reports.SlaReportView.as_view(), name="api-reports-sla"),
    path("sla/due/", sla.SlaDue.as_view(), name="api-sla-due"),
]
