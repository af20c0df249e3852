from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Contacts and tickets")

    def ready(self) -> None:
        from kb.script_values import register
        from tickets.selectors.promise import promise_values

        register(promise_values)
