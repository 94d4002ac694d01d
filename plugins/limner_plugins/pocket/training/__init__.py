"""How Pocket is trained; run with ``python -m limner_plugins.pocket.training``."""
