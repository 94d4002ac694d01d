## The menu "More…" below pictures, and the forms of post-processors

more-more = More…
more-page = What else can be done:
more-strong = Strong variations of { $number }
more-zoom = { $factor ->
    [custom] Zoom out…
   *[other] Zoom out { $factor }x
 }
more-pan = { $side ->
    [left] Go on to the left
    [right] Go on to the right
    [up] Go on upwards
   *[other] Go on downwards
 }
more-square = Make it square
more-region = Draw a part anew…
more-region-help = Attach a mask, or say which part
more-edit = Edit what was done to it…
more-favourite = Favourite on or off
more-original = Original file
more-info = Image info
more-of = { $what }: picture { $number }
more-private = Make it private
more-delete = Delete…
more-which = Which picture
more-picture = Picture { $number }
more-all = All of them
more-others = Other parameters
more-others-help = name=value; name=value. There is { $names }
more-range = From { $least } to { $most }.
more-usual = Usually { $value }.
more-queued = { $count ->
    [one] { $count } job is queued; it gets a message of its own.
   *[other] { $count } jobs are queued; each gets a message of its own.
 }
more-nothing-to-set = { $name } has nothing that could be set.
button-edit-job = Edit…
button-edit-again = Edit again

## The entries in the menu of a message

menu-no-picture = This message has no picture that lies on Discord.
menu-which = Which picture?
menu-vary-title = Vary this
menu-use-title = Use as input
menu-prompt = What it should show
menu-prompt-help = Leave it empty if the picture says itself how it was made
menu-strength = Strength
menu-strength-help = How much is drawn anew: 0.3 stays close, 0.8 keeps little
menu-model = Model
menu-model-help = Leave it empty for the usual one

## How a picture was made

info-line = **{ $what }**: { $value }
info-prompt = Prompt
info-negative = Negative prompt
info-model = Model
info-size = Size
info-seed = Seed
info-steps = Steps
info-cfg = CFG
info-sampler = Sampler and schedule
info-files = LoRAs and embeddings
info-finished = Finished by
info-nothing = This picture does not say how it was made.
info-again = Make it again
