"""The desk on one machine: its own PostgreSQL, web, worker and beat, supervised together.

``python -m klingdesk.embedded up`` runs the desk, ``... run -- COMMAND`` runs one command
against a throw-away PostgreSQL. Nothing here imports Django: the desk's own processes are
children, and a broken settings module must not take PostgreSQL's keeper down with it.
Decisions: docs/adr/0001-embedded-postgresql.md, docs/adr/0002-postgresql-as-broker.md.
"""
