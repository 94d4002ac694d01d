"""Grids: one picture for every combination of up to three axes of values, and sheets that show them side by side."""
