## What is wrong with a field of a request, behind its name and its value, and what helps

mistake = { $field }: { $value } { $remedy }
mistake-value = { $value }… ({ $count } characters)

field-width = width
field-height = height
field-picture = picture
field-region = region
field-strength = strength
field-factor = factor
field-words = words
field-language = language

## What the SDK finds; in English it says so itself

mistake-too-small = is too small; the least is { $ge }
mistake-not-above = is too small; it must be more than { $gt }
mistake-too-large = is too large; the most is { $le }
mistake-empty = is empty; write something there
mistake-too-long = is too long; the most is { $max_length } characters
mistake-not-finite = is not a finite number; give an ordinary one
mistake-unknown-field = belongs to no known field; leave it out
mistake-no-whole = is no whole number; write one, such as 20
mistake-no-number = is no number; write one, such as 0.5
mistake-neither = is neither true nor false; write one of them
mistake-missing = is missing; give it
mistake-not-one-of = is not one of { $expected }
mistake-unknown-name = is unknown; { $hinted ->
    [0] {""}
   *[other] did you mean { $close }?{" "}
 }there is { $names }{ $more ->
    [0] {""}
   *[other] {" "}and { $more } more
 }
mistake-ambiguous-name = could be { $names }{ $more ->
    [0] {""}
   *[other] {" "}and { $more } more
 }; write the full name
mistake-too-large-here = is larger than this host allows; ask for { $most } pixels at most, such as { $side }x{ $side }

## What the bot finds

mistake-flag-says-nothing = says nothing; write it like { $flag }
mistake-said-twice = is said twice; say it once
mistake-no-flag = is no flag; { $hinted ->
    [0] {""}
   *[other] did you mean { $close }?{" "}
 }there is { $names }; \-- is a plain --
mistake-flag-and-option = is said by a flag, but the option says { $option }; leave one of them out
mistake-ratio-and-size = is said beside the size { $size }; leave one of them out
mistake-open-quotes = has no closing quotes; write " behind it
mistake-no-size = is not a size in pixels; write it like 512x768
mistake-size-outside = is no size; each side has { $least } to { $most } pixels
mistake-no-ratio = is no ratio of width to height; write it like 3:2
mistake-ratio-too-long = is too long a shape for this model; go no further than { $longest }:1
mistake-no-whole-from = is no whole number from { $least } to { $most }; write one
mistake-no-number-from = is no number from { $least } to { $most }; write one
mistake-empty-name = is empty; write a name there
mistake-no-lora = names no LoRA; write its name and weight, such as ink:0.8
mistake-lora-weights = has too many weights; write one, such as ink:0.8
mistake-too-many-jobs = jobs are too many at once; the most is { $most }, repeat it less often
mistake-lists-too-many = asks for { $count } jobs at once; the most is { $most }, list fewer
mistake-denoise-alone = needs a picture to start from; attach one, or leave it out
mistake-mask-alone = needs the picture that it belongs to; attach that as image
mistake-unknown-sampler = says parameters of a sampler that nobody knows yet; say the sampler too
mistake-shape-too-long = is too long a shape for this model; cut it, or say a size
mistake-finish-count = names { $count } post-processors; name 1 to { $most }, such as detailer
mistake-finish-unread = is not understood; write names such as detailer, or detailer(denoise=0.5; prompt=a happy face)
mistake-finish-needs-picture = needs a picture called { $picture }, which cannot be given here; choose another one
mistake-sets-nothing = sets nothing; write name=value
mistake-no-parameter = is no parameter of { $name }; { $count ->
    [0] it has none
   *[other] there is { $names }
 }
mistake-no-choice = is unknown; there is { $names }
mistake-not-on-discord = does not lie on Discord; attach the picture itself
mistake-not-fetched = could not be fetched from Discord; try again
mistake-no-picture = is no PNG, JPEG or WebP picture; attach one of these
mistake-file-too-large = is larger than { $most } MiB; attach a smaller file
mistake-no-such-picture = is not there; choose one from 1 to { $count }, or all
mistake-picture-silent = is empty, and the picture does not say what it shows; write it yourself
mistake-region-outside = lies outside of the picture; percents go from 0 to 100
mistake-no-region = is no region; write left half, top right, middle, or x, y, width, height in percent: 10, 20, 50, 30
mistake-no-factor = is no number; write one like 1.5
mistake-no-share = is no number from 0 to 1; write one, such as 0.5
mistake-share-outside = is not above 0 and up to 1; 1 ignores what was there
mistake-square-already = is a square already; zoom out or pan instead
mistake-words-among-flags = is no flag; write settings like --steps 30, and words into the prompt
mistake-imagine-alone = is for /imagine alone; leave it out here
mistake-no-time = is no length of time; write one like 30m, 3h, 7d or 2w
mistake-time-outside = is from 1 second to 10 years; leave it out to ban for ever
mistake-no-word = is no word; write letters alone, and * for any letters, such as gore*
mistake-no-letters = has no letters; write a word, or a pattern such as gore*
mistake-no-pattern = is no pattern; write one word with * in it, such as gore*
mistake-too-many = entries are too many; the most is { $most }
