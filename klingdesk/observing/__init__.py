"""How the desk is watched: request ids, logs without personal data, figures, traces."""
