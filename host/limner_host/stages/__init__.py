"""The stages in the order in which a picture goes through them; each module is led by a function of its name."""
