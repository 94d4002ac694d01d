## Die Tafel der Warteschlange, Plugins und der Zustand des Bots

job-ready = { $who } deine Bilder sind fertig: { $link }
job-plugin-quarantined = { $reason } (das Plugin { $name } ist zu oft gescheitert und bleibt von jetzt an außen vor)
not-accepting = Gerade werden keine Aufträge angenommen: Der Bot wird gleich angehalten oder gewartet. Was wartet, bleibt erhalten; versuch es in ein paar Minuten wieder.
