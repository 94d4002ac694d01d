"""The GPU side: plugin loading, models, the stages, the worker process and the command line."""
