## Why somebody may not ask for something

banned = You may not ask for pictures here{ $ends ->
    [never] {""}
   *[other] {" "}before { $ends }
 }. { $reason }
rule-channels = Pictures are made in these channels only: { $channels }
rule-age-restricted = Pictures are made in age-restricted channels only.
rule-uploads = Pictures of your own cannot be used here.
rule-words = Prompts here must not contain { $word }.
rule-model = The model { $name } must not be used here; choose another one.
rule-model-unsaid = The model { $name }, which works where nobody names one, must not be used here; name another one with the option model.
over-models = Your roles do not allow the model { $name }; choose another one.
over-pixels = A picture of { $value } pixels is larger than your roles allow; the most is { $most }.
over-steps = { $value } steps are more than your roles allow; the most is { $most }.
over-count = { $value } pictures at a time are more than your roles allow; the most is { $most }.
over-repeat = { $value } jobs in one command are more than your roles allow; the most is { $most }.
over-waiting = { $value } jobs of yours would wait, and your roles allow { $most }; wait for one to finish, or cancel one.
over-day = This takes { $value } s of the GPU, { $room ->
    [never] more than the { $most } s that you have in a day; ask for less.
   *[other] more than is left of your { $most } s for today; there is room again { $room }.
 }
only-operators = Only those who run this bot may do that.

## What administrators are told

everybody = everybody
limits-title = **Limits of this server**
limits-title-everywhere = **Limits everywhere**
limits-empty = Nobody is limited by a role.
limits-set = { $role }: { $told }
limits-nothing = Say at least one limit.
limits-not-set = Nothing was said about { $role }.
limits-no-roles = Roles belong to one server; leave the role out to limit everybody everywhere.
limits-weight = Only those who run this bot may give a weight above { $most }.
limit-none = no limits
limit-any = any
limit-waiting = { $value } jobs at once
limit-day = { $value } s of the GPU a day
limit-pixels = { $value } pixels
limit-steps = { $value } steps
limit-count = { $value } pictures a job
limit-repeat = { $value } jobs a command
limit-models = models: { $value }
limit-weight = weight { $value }
ban-title = **Banned in this server**
ban-title-everywhere = **Banned everywhere**
ban-nobody = Nobody is banned.
ban-more = … and { $count } more
ban-not-them = You cannot ban yourself or those who run this bot.
ban-removed = { $who } may ask for pictures again.
ban-unknown = { $who } is not banned here.
ban-added = { $ends ->
    [never] { $who } may not ask for pictures any more.
   *[other] { $who } may not ask for pictures before { $ends }.
 }
ban-cancelled = { $count ->
    [one] { $count } job of theirs is cancelled.
   *[other] { $count } jobs of theirs are cancelled.
 }
ban-line = { $ends ->
    [never] { $who } for ever, by { $by } { $reason }
   *[other] { $who } until { $ends }, by { $by } { $reason }
 }
rules-title = **Rules of this server**
rules-title-everywhere = **Rules everywhere**
rules-spoiler-never = Pictures are shown openly.
rules-spoiler-outside = Pictures are hidden as spoilers outside of age-restricted channels.
rules-spoiler-always = All pictures are hidden as spoilers.
rules-metadata-on = Posted files say how they were made.
rules-metadata-off = Posted files do not say how they were made. Files that were posted before still do.
rules-uploads-on = Members may bring pictures of their own.
rules-uploads-off = Members may not bring pictures of their own.
rules-age-on = Pictures are made in age-restricted channels only.
rules-age-off = Pictures are made in channels for all ages too.
rules-all-channels = Pictures are made in all channels.
rules-channels = Pictures are made in { $channels } only.
rules-none-blocked = No words are blocked.
rules-blocked = Blocked words: { $words }
rules-no-words = Write at least one word.
rules-not-blocked = { $word } is not blocked here.
rules-unblocked = { $word } may be used again.
models-title = **Models in this server**
models-title-everywhere = **Models everywhere**
models-none = The host has not named any model yet.
models-is-default = { $model }, the default
models-allowed = { $name } may be used.
models-denied = { $name } may not be used.
models-all-allowed = All models may be used.
models-all-denied = No model may be used but those that you allow from now on, with /models allow.
models-default-denied = Where nobody names a model, { $name } works, which may not be used: choose another one with /models default.
models-default = { $name } works where nobody names a model.
models-no-default = The host's own model works where nobody names one.
models-reset = All models may be used; the host's own is the default.
audit-bot = The bot
audit-title = **Decisions in this server**
audit-title-everywhere = **Decisions for all servers**
audit-empty = Nobody has decided anything yet.

## What stands in the book of decisions, behind a moment and a person

act-banned = banned { $subject }{ $details }
act-unbanned = ended the ban of { $subject }{ $details }
act-limits-set = set the limits of { $subject }{ $details }
act-limits-cleared = took back the limits of { $subject }{ $details }
act-words-blocked = blocked { $subject }{ $details }
act-word-unblocked = allowed { $subject } again{ $details }
act-spoiler = chose spoilers: { $subject }{ $details }
act-metadata-on = switched metadata of files on{ $subject }{ $details }
act-metadata-off = switched metadata of files off{ $subject }{ $details }
act-uploads-on = allowed uploads{ $subject }{ $details }
act-uploads-off = forbade uploads{ $subject }{ $details }
act-age-on = allowed pictures in age-restricted channels only{ $subject }{ $details }
act-age-off = allowed pictures in channels for all ages{ $subject }{ $details }
act-channel-listed = put { $subject } on the list of channels{ $details }
act-channel-unlisted = took { $subject } off the list of channels{ $details }
act-model-allowed = allowed the model { $subject }{ $details }
act-model-denied = denied the model { $subject }{ $details }
act-model-default = chose the default model { $subject }{ $details }
act-models-reset = allowed all models again{ $subject }{ $details }
