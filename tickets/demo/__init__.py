"""A made-up history, as the services would have written it: for desks that show or measure."""
