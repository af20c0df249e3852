from kb.models.attachment import Attachment, QuestionAttachment
from kb.models.disagreement import Disagreement, Verdict
from kb.models.flow import Flow, FlowDraft, FlowVersion
from kb.models.import_batch import ImportBatch, ImportState
from kb.models.question import (
    Category,
    Draft,
    DraftSource,
    FollowUp,
    Phrasing,
    QuestionStatus,
    Revision,
    StandardQuestion,
)
from kb.models.search_log import HandledGap, LoggedSearch
from kb.models.synonym import SearchIndexVersion, StarterSynonym, Synonym

__all__ = [
    "Attachment",
    "Category",
    "Disagreement",
    "Draft",
    "DraftSource",
    "Flow",
    "FlowDraft",
    "FlowVersion",
    "FollowUp",
    "HandledGap",
    "ImportBatch",
    "ImportState",
    "LoggedSearch",
    "Phrasing",
    "QuestionAttachment",
    "QuestionStatus",
    "Revision",
    "SearchIndexVersion",
    "StandardQuestion",
    "StarterSynonym",
    "Synonym",
    "Verdict",
]
