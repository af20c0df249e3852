"""Support documents and tables of questions, read into entries and compared with what is known.

Nothing here writes: bytes become entries (``reading``), entries become a proposal
(``proposal``). A proposal is applied by ``kb.services.importing``.
"""
