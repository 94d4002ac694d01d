## The message of a job, from the queue to its pictures

job-paused = The queue is paused; it waits for a moderator.
job-place = Place { $place } in the queue.
job-next = Next in the queue.
job-next-soon = Next in the queue; the host is getting ready.
job-eta = About { $time } left.
stage-resolve = getting ready
stage-encode = reading the prompt
stage-invert = reading the picture
stage-sample = drawing
stage-enlarge = enlarging
stage-decode = decoding
stage-check = checking
stage-save = saving
job-a-picture = A picture
job-finished-by = finished by { $names }
job-titled = { $what }, { $done }
job-nothing = nothing
job-for = { $what } for { $who }
job-cancelled = Cancelled by { $who }.
job-failed = This did not work: { $why }
job-failed-unknown = nobody knows why
job-gave-up = { $reason } ({ $attempts } attempts were made)
job-host-ended = the host process ended in the middle of it
job-accident = something went wrong inside
job-not-on-disk = the pictures did not reach the disk
job-words-blocked = with its styles, wildcards and choices filled in, the prompt contains “{ $word }”, which prompts here must not contain
job-took-host-down = it took the host down too often
job-never-arrived = the picture did not arrive, as the bot was restarted; please attach it again
job-undeliverable = the result could not be posted anywhere; /history shows it
job-too-large = The picture's file has { $size } MiB and this place takes { $limit } MiB; it is kept.
job-shown-as = Shown as { $format }, as the file has { $size } MiB and this place takes { $limit } MiB; the original is kept.
job-shown-with-loss = Shown as { $format } with a slight loss, as the file has { $size } MiB and this place takes { $limit } MiB; the original is kept.
job-file-refused = Discord did not take the picture's file; it is kept.
job-cannot-be-shown = The pictures for { $who } are ready, but this message cannot show them; /history does.
job-uploaded = From a picture that was uploaded
job-from = From { $where }
job-variations-of = Variations of { $where }
job-strong-variations-of = Strong variations of { $where }
job-reroll-of = Re-roll of { $where }
job-picture-number = picture { $number }
job-picture-of = picture { $number } of { $link }
job-picture-in = a picture in { $link }

## The settings on one line

detail-seed = seed { $seed }
detail-seeds = seeds { $first } to { $last }
detail-seed-variations = { $count ->
    [one] seed { $seed } with a variation
   *[other] seed { $seed } with { $count } variations
 }
detail-model = model { $name }
detail-steps = { $count } steps
detail-cfg = cfg { $cfg }
detail-drawn-at = drawn at { $size }
detail-enlarged = drawn at { $size }, then enlarged to { $last }
detail-enlarged-parts = drawn at { $size }, then enlarged to { $last } in parts
detail-finished-at = { $told }, finished at { $size }
detail-tiled = tiled by { $name }
detail-with = with { $names }
detail-decoded = decoded by { $name }

## Durations

seconds = { $count } s
minutes = { $count } min
hours = { $count } h

## Buttons

button-original = Original
button-cancel = Cancel
button-reroll = Re-roll
button-variations = Variations
button-older = Next
button-newer = Prev
