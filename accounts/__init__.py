"""How people of the desk log in: passwords, sessions, the second step, lock-outs."""
