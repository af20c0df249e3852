"""Tables that leave the desk as files: which there are, what stands in their cells, how a file is
written. Reads only; the jobs around it are in ``tickets.services.exports``."""
