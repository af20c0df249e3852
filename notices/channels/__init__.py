"""The ways out of the desk: they send one message, and know nothing of the outbox."""
