## One's own pictures

history-empty = You have no pictures yet; make one with /imagine.
history-not-shown = (file missing or too large to show)
