"""The desk's own pages, and the stock admin's for what may be edited as rows.

Tickets, contacts and events are not registered: no field of theirs can be edited around the
services.
"""

from tickets.admin import models_promise, models_teams

__all__ = ["models_promise", "models_teams"]
