## The queue's panel, plugins and the state of the bot

job-ready = { $who } your pictures are ready: { $link }
job-plugin-quarantined = { $reason } (the plugin { $name } has failed too often and is left out from now on)
not-accepting = No jobs are taken at the moment: the bot is about to be stopped or looked after. What waits is kept; try again in a few minutes.

## The queue's panel

queue-private = (private)
queue-begins = starts in about { $time }
queue-all-paused = Everything is paused. Nothing is lost; the running job finishes.
queue-all-already-paused = Everything is paused already.
queue-all-resumed = Everything goes on.
queue-all-not-paused = It was not everything that was paused.
queue-member-cleared = { $count ->
    [0] { $who } has no jobs here.
    [one] { $count } job of { $who } cancelled.
   *[other] { $count } jobs of { $who } cancelled.
 }
queue-not-waiting = This job does not wait any more.
queue-moved-front = It is next in the queue.
queue-moved-back = It is behind all others in the queue.
queue-not-failed = This job has not failed, or what it was made from never arrived.
queue-retried = It is tried once more.
queue-drained = The running job finishes; nothing new is taken or started, even after a restart, until you take jobs again.
queue-already-draining = Nothing is taken already.
queue-undrained = Jobs are taken again.
queue-not-draining = Jobs were taken all the time.
panel-title = **Queue of this server**: { $count } waiting
panel-title-everywhere = **Queue of all servers**: { $count } waiting
panel-paused = paused
panel-draining = drained: nothing is taken or started
panel-not-ready = the host is getting ready
panel-runs-elsewhere = A job of another server is running.
panel-since = for { $time }
panel-left = { $time } left
panel-cost = about { $time }
panel-moved = moved to the front
panel-moved-back = moved to the back
panel-page = Page { $page } of { $pages }
panel-chosen = Chosen: { $job }
panel-quarantined = The plugin { $name } is in quarantine: { $reason }
panel-broken = The plugin { $name } is broken: { $reason }
panel-choose = Choose a job
panel-retry = Try a failed job once more
panel-front = To the front
panel-back = To the back
panel-member = Cancel all of this member
panel-pause = Pause
panel-resume = Resume
panel-clear = Clear
panel-refresh = Refresh
panel-drain = Drain
panel-undrain = Take jobs again
panel-here = This server
panel-everywhere = All servers
panel-yes = Yes
panel-no = No
panel-nothing-done = Nothing was done.
panel-sure-cancel = Cancel the job { $id } of { $who }?
panel-sure-member = Cancel all jobs of { $who }?
panel-sure-clear = { $count ->
    [one] Cancel the job of this server that waits?
   *[other] Cancel all { $count } waiting jobs of this server?
 }
panel-sure-clear-everywhere = { $count ->
    [one] Cancel the only job that waits?
   *[other] Cancel all { $count } waiting jobs of all servers?
 }

## Plugins

plugins-title = **Plugins**
plugins-choose = Choose a plugin
plugins-all = All plugins
plugin-ok = works
plugin-broken = broken
plugin-disabled = disabled
plugin-quarantined = in quarantine
plugin-gone = not installed
plugin-failures = { $count ->
    [one] { $count } failure
   *[other] { $count } failures in a row
 }
plugin-enable = Enable
plugin-disable = Disable
plugin-release = Release
plugin-unknown = There is no plugin called { $name }; /plugins list shows all.
plugin-enabled = The plugin { $name } is used again as soon as the host has started anew, after the running job.
plugin-switched-off = The plugin { $name } is left out as soon as the host has started anew, after the running job.
plugin-released = The plugin { $name } is out of quarantine; it is used as soon as the host has started anew.
plugin-disabled-already = The plugin { $name } is disabled already.
plugin-not-disabled = The plugin { $name } is neither disabled nor in quarantine.
plugin-not-quarantined = The plugin { $name } is not in quarantine.

## How the bot is doing

status-title = **How I am doing**
status-ready = The host is ready.
status-not-ready = The host is getting ready.
status-model = Loaded model: { $name }
status-waiting = { $oldest ->
    [none] Nobody waits.
   *[other] { $count } waiting, the first one asked { $oldest }
 }
status-hour = Last hour: { $pictures } pictures; jobs: { $done } done, { $failed } failed, { $cancelled } cancelled
status-waited = Jobs waited { $time } on average.
status-took = Jobs took { $time } on average.
status-versions = Versions: { $versions }
status-since = Started { $moment }
status-workers = { $count ->
    [one] { $count } worker has ended since.
   *[other] { $count } workers have ended since.
 }
status-trouble = The worker does not get ready. It said last: { $reason }
status-disk = Disk: { $free } MB free; database: { $database } MB
status-backup = { $moment ->
    [never] No automatic backup yet.
   *[other] Last backup { $moment }
 }

## What stands in the book of decisions

act-queue-paused = paused the queue{ $subject }{ $details }
act-queue-resumed = let the queue go on{ $subject }{ $details }
act-queue-cleared = cancelled all waiting jobs{ $subject }{ $details }
act-member-cleared = cancelled all jobs of { $subject }{ $details }
act-job-cancelled = cancelled a job of { $subject }{ $details }
act-job-to-front = put a job of { $subject } to the front{ $details }
act-job-to-back = put a job of { $subject } to the back{ $details }
act-job-retried = tried a job of { $subject } once more{ $details }
act-drained = drained the bot{ $subject }{ $details }
act-undrained = let the bot take jobs again{ $subject }{ $details }
act-plugin-enabled = enabled the plugin { $subject }{ $details }
act-plugin-disabled = disabled the plugin { $subject }{ $details }
act-plugin-quarantined = put the plugin { $subject } into quarantine{ $details }
act-plugin-released = took the plugin { $subject } out of quarantine{ $details }
