"""Pure rules of the ticket desk: no database, no clock (``now`` is a parameter), no settings."""
