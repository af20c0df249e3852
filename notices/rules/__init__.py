"""What is decided without a database, a clock or a setting."""
