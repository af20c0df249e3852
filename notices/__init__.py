"""Notices to people of the desk: below every app that has something to say."""
