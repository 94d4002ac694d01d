"""The Discord bot: commands, buttons, the durable fair queue and every user's history. It never imports torch."""
