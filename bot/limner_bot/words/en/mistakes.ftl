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
mistake-unknown-name = is unknown; { $close ->
    [""] {""}
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
