"""Pages: the second step of a login, one's own login, and other people's for administrators."""
