"""The desk's own pages, and the stock admin's for what may be edited as rows.

Tickets, contacts, events, policies and the calendar are not registered: no field of theirs can be
edited around the services.
"""

from tickets.admin import models_teams

__all__ = ["models_teams"]
