"""The bot's other commands for whoever runs it: `limner config`, `limner invite`, `limner backup`."""
