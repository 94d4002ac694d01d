"""The darkroom: a small process that decodes and encodes pictures for the bot, without torch, network or GPU."""
