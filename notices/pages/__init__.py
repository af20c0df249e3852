"""The pages of notices inside the admin site."""
