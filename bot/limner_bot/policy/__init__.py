"""What a server, its channels and its members have decided: defaults, rules, limits, bans, and who decided what."""
