"""Rules of the knowledge base: pure, no Django, no clock of their own."""
