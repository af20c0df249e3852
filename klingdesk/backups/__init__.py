"""One file that holds the desk's database, and the way back from it."""
