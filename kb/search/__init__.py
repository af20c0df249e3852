"""Search over standard questions: pure, in process, no Django, no database.

``SearchIndex.build(documents, synonyms)`` then ``index.search(query)``. The pieces: ``folding``
and ``canonical`` (with offsets back to the original), ``synonyms``, ``tokens``, ``postings``
(inverted index), ``ranking`` (the figures), ``explain`` (marks).
"""
