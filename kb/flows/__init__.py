"""Decision flows: pure engine, no Django, no clock, no database.

``loader.load_flow`` turns text into a checked, immutable ``FlowDefinition`` (or all errors at
once); ``engine`` replays the answers of a run over it; ``fields`` checks what the escalate
step captures; ``scripts`` fills in the few variables a script may hold.
"""
