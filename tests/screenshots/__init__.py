"""A tool that takes the screenshots of the documentation: `python -m tests.screenshots docs/pictures`."""
