## Oneself

me-title = **About you**
me-here = Here: { $limits }
me-everywhere = Everywhere: { $limits }
me-spent = Today you have used { $seconds } s of the GPU{ $left ->
    [any] .
   *[other] {""}, and { $left } s are left.
 }
me-jobs = { $count ->
    [0] None of your jobs waits or runs.
    [one] One of your jobs waits or runs.
   *[other] { $count } of your jobs wait or run.
 }
me-pictures = Pictures: { $count } ({ $size } MB), favourites: { $favourites }
button-export = Export my data
button-export-rest = Export the rest
button-erase = Delete my data
button-keep-all = Keep everything
export-running = Your data is being exported already; wait until that is done.
export-changed = A file has gone meanwhile; export again.
export-part = Part { $number } of { $of }
export-done = That is everything there is of yours.
export-left = { $count ->
    [one] One file is left.
   *[other] { $count } files are left.
 }
export-too-large = { $count ->
    [one] One file is too large for this place; whoever runs this bot can send it to you.
   *[other] { $count } files are too large for this place; whoever runs this bot can send them to you.
 }
erase-word = DELETE
erase-title = Delete everything of mine
erase-field = Type { $word }
erase-help = Pictures, prompts, favourites, settings, and my messages where they can be reached
erase-other-word = Nothing was deleted; the word is { $word }.
erase-question = { $count ->
    [one] Delete your picture,
   *[other] Delete your { $count } pictures,
 } all that you have asked for, your favourites and your settings for good? What others have made of your pictures stays.
erase-begun = It is being deleted; messages in channels vanish as fast as Discord allows. What only you see is for you to dismiss.
erase-not = Nothing was deleted.
act-data-erased = had their data deleted { $subject }{ $details }
