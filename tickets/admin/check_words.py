"""What checks came to, in the language of whoever reads it.

Steps and transcripts keep the desk's own words beside these codes; only they are translated.
"""

from __future__ import annotations

from django.utils.translation import gettext as _


def check_outcome_words(outcome: str) -> str:
    """The outcome of a check; empty for one that is not known here."""
    match outcome:
        case "found":
            return _("Something is against the rules")
        case "clean":
            return _("No problem found")
        case "unreadable":
            return _("The text cannot be read")
        case _:
            return ""


def check_result_words(result: str) -> str:
    """The label of something that a check gives; empty for one that is not known here."""
    match result:
        case "pasted":
            return _("What was checked")
        case "findings":
            return _("What the check found")
        case "corrected":
            return _("Corrected request")
        case "problems":
            return _("Number of problems")
        case "model":
            return _("Model")
        case _:
            return ""
