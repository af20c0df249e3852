"""Help inside the desk: a page for each role, and guided tours over the real pages."""
