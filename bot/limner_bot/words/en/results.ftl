## What becomes of pictures

button-strong = Strong variations
button-remix = Remix
button-favourite = Favourite
button-delete = Delete
button-keep = Keep it

job-remix-of = Remix of { $where }
job-outpaint-of = Drawn around { $where }
job-inpaint-of = A part drawn anew of { $where }

remix-title = Remix
remix-prompt = Prompt
remix-negative = Negative prompt
remix-options = Settings
remix-options-help = Flags such as --steps 30 --cfg 7 --size 768x512; without --seed there is a fresh one
remix-not-drawn = This picture was not drawn here, so there are no settings to change; /imagine draws a new one.
remix-too-long = Its prompt is longer than the { $most } characters that a form takes; use /imagine.

zoom-title = Draw around the picture
zoom-factor = Factor
zoom-factor-help = How much larger what is seen becomes, from 1.05 to 3

region-title = Draw a part anew
region-mask = Mask
region-mask-help = White is drawn anew; or the picture itself with transparent holes
region-words = Or in words
region-words-help = left half, top right, middle, or x, y, width, height in percent: 10, 20, 50, 30
region-strength = Strength
region-strength-help = From 0 to 1: how much of what was there is drawn anew
region-nothing = Say which part is to be drawn anew: attach a mask, or write something like left half.

favourite-added = This is one of your favourites now; /history shows them.
favourite-removed = This is none of your favourites any more.
original-here = The file as it was made, with its settings in it.
original-without-settings = The picture as it was made, without its settings: the rules of this server keep them from others.
original-not-now = The picture cannot be written without its settings right now; try again in a minute.
original-too-large = The file has { $size } MiB and this place takes { $limit } MiB; whoever runs this bot can send it to you.

keep-only-owner = Only the person who asked for these pictures may make them private.
keep-already-private = This is private already.
keep-not-yet = This is not done yet; try again in a moment.
keep-made-private = { $who } has made this private.
keep-yours-now = This is private now; here are your pictures.

delete-question = Delete this message and the files of its pictures for good? What others have made of them stays.
delete-question-copy = Delete this message? The picture stays where it was made.
delete-not = Nothing was deleted.
deleted = Deleted.
deleted-but-message = The files are deleted. Your own private message is for you to dismiss, and where I am no member a message of mine stays.
act-picture-deleted = deleted a result of { $subject }{ $details }
