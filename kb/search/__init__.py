"""Search over standard questions: pure, in process, no Django, no database.

``SearchIndex.build(documents, synonyms)`` then ``index.search(query)``. The pieces, in the order
in which a query meets them: ``folding`` (width, case, traditional characters, with offsets back
to the original), ``spelling`` with ``pinyin`` and ``sounds`` (typed pinyin, initials,
homophones), ``synonyms`` and ``canonical``, ``tokens``, ``query``; ``corpus`` and ``postings``
(the inverted index), ``ranking`` (the figures), ``contrast`` (near-duplicates), ``confidence``
with ``elsewhere`` and ``fillers``, ``explain`` (marks); ``documents`` is what goes in and out.

Sounds are no channel of scores of their own: n-grams of syllables beside those of characters
got the weight 0 when weights were fitted, because they repeat what the characters say. They
repair instead what no text spells, and what was repaired is then looked up like anything else.
"""
