"""The command palette: one field that leads to questions, tickets, accounts, pages and actions."""
