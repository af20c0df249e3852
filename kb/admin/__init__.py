"""The knowledge base in the stock admin: questions are published, the rest is read."""

from kb.admin import flows, questions, revisions, synonyms

__all__ = ["flows", "questions", "revisions", "synonyms"]
