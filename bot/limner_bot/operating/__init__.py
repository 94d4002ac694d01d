"""What whoever runs the bot sees of it: settings, logs, backups, figures, room on the disk."""
