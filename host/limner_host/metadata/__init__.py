"""What pictures carry about how they were made: ours and other programs', written and read back with distrust."""
