"""Decision flows: pure engine, no Django, no clock, no database.

``loader.load_flow`` turns text into a checked, immutable ``FlowDefinition`` (or all errors at
once); ``lint`` also gives warnings; ``engine`` replays the answers of a run over it and lets
automatic nodes decide; ``showing`` says what a run shows; ``fields`` checks what the escalate
step captures. How to write a flow is in docs/flows.md.
"""
