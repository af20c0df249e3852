from kb.models.flow import Flow, FlowVersion
from kb.models.question import (
    Category,
    FollowUp,
    Phrasing,
    Revision,
    StandardQuestion,
)
from kb.models.synonym import SearchIndexVersion, StarterSynonym, Synonym

__all__ = [
    "Category",
    "Flow",
    "FlowVersion",
    "FollowUp",
    "Phrasing",
    "Revision",
    "SearchIndexVersion",
    "StandardQuestion",
    "StarterSynonym",
    "Synonym",
]
