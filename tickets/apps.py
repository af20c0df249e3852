from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Contacts and tickets")

    def ready(self) -> None:
        from kb import flow_usage, script_values
        from notices import providers
        from tickets.selectors.flow_usage import flow_usage_at
        from tickets.selectors.office_hours import office_hours
        from tickets.selectors.promise import promise_values
        from tickets.services.hints import hint_after_commit
        from tickets.services.notice_texts import register_texts
        from tickets.services.telling import team_audiences

        script_values.register(promise_values)
        flow_usage.register(flow_usage_at)
        register_texts()
        providers.register_hours(office_hours)
        providers.register_audiences(team_audiences)
        providers.register_page(_("Event subscriptions"), "admin:subscriptions")
        providers.register_hint(hint_after_commit)
