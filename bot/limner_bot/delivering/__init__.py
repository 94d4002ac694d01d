"""Messages about jobs and the ways into Discord: places, progress, results, each exactly once."""
