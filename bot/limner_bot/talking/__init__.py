"""Discord's side of a conversation: the connection, clicks and forms, rights, and what makes text harmless."""
