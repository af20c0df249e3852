from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KbConfig(AppConfig):
    name = "kb"
    verbose_name = _("Knowledge base")

    def ready(self) -> None:
        from kb.services.import_notices import IMPORT_TEXTS, IMPORTS
        from kb.services.notice_texts import KNOWLEDGE, NOTICE_TEXTS
        from notices.words import register

        register(NOTICE_TEXTS, topic=KNOWLEDGE)
        register(IMPORT_TEXTS, topic=IMPORTS)
