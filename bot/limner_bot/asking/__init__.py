"""What members ask for in one line of text: flags, permutations, ratios, and the jobs that come of it."""
