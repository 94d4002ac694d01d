## The queue's panel, plugins and the state of the bot

job-ready = { $who } your pictures are ready: { $link }
job-plugin-quarantined = { $reason } (the plugin { $name } has failed too often and is left out from now on)
not-accepting = No jobs are taken at the moment: the bot is about to be stopped or looked after. What waits is kept; try again in a few minutes.
