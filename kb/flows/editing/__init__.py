"""Changing a flow's text by what it says: everything that is not touched stays as it is written."""

from kb.flows.editing.patching import CannotPatch, patched

__all__ = ["CannotPatch", "patched"]
