"""Addresses of contacts, tickets, due dates and reports in the API."""

from __future__ import annotations

from django.urls import path

from tickets.api import (
    actions,
    consultations,
    events,
    exports,
    intake,
    moves,
    reports,
    sla,
    tickets,
)

_contact = "consultations/<int:consultation_id>/"
_ticket = "tickets/<number>/"
_subscription = "events/subscriptions/<int:subscription_id>/"

urlpatterns = [
    path("consultations/", consultations.Start.as_view(), name="api-consultations"),
    path(_contact, consultations.Detail.as_view(), name="api-consultation"),
    path(
        _contact + "question/", consultations.Question.as_view(), name="api-consultation-question"
    ),
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
    path(_ticket + "undo/", actions.Undo.as_view(), name="api-ticket-undo"),
    path(_ticket + "merge/", moves.Merge.as_view(), name="api-ticket-merge"),
    path(_ticket + "cancel/", moves.Cancel.as_view(), name="api-ticket-cancel"),
    path(_ticket + "priority/", moves.SetPriority.as_view(), name="api-ticket-priority"),
    path(_ticket + "watch/", moves.Watch.as_view(), name="api-ticket-watch"),
    path(_ticket + "unwatch/", moves.Unwatch.as_view(), name="api-ticket-unwatch"),
    path(_ticket + "reveal/", moves.Reveal.as_view(), name="api-ticket-reveal"),
    path("events/", events.Events.as_view(), name="api-events"),
    path("events/subscriptions/", events.Subscriptions.as_view(), name="api-subscriptions"),
    path(_subscription, events.Subscription.as_view(), name="api-subscription"),
    path(_subscription + "off/", events.SwitchOff.as_view(), name="api-subscription-off"),
    path(_subscription + "go-on/", events.GoOn.as_view(), name="api-subscription-go-on"),
    path(_subscription + "replay/", events.Replay.as_view(), name="api-subscription-replay"),
    path(_subscription + "rotate/", events.RotateSecret.as_view(), name="api-subscription-rotate"),
    path(_subscription + "test/", events.Try.as_view(), name="api-subscription-test"),
    path("exports/", exports.Exports.as_view(), name="api-exports"),
    path("exports/<int:export_id>/", exports.ExportDetail.as_view(), name="api-export"),
    path("exports/<int:export_id>/file/", exports.ExportFile.as_view(), name="api-export-file"),
    path(
        "exports/<int:export_id>/cancel/", exports.CancelExport.as_view(), name="api-export-cancel"
    ),
    path("reports/sla/", reports.SlaReportView.as_view(), name="api-reports-sla"),
    path("intake/", intake.IntakeList.as_view(), name="api-intake"),
    path("intake/<int:intake_id>/", intake.IntakeDetail.as_view(), name="api-intake-one"),
    path("intake/<int:intake_id>/take/", intake.Take.as_view(), name="api-intake-take"),
    path("intake/<int:intake_id>/withdraw/", intake.Withdraw.as_view(), name="api-intake-withdraw"),
    path("sla/due/", sla.SlaDue.as_view(), name="api-sla-due"),
]
