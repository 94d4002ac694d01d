"""The way from the queue to the worker and back: dispatching, planning, learning how long things take."""
