"""Pickled weight files: refused unless the admin allows one, and then read in a process that is thrown away."""
