## One's own pictures

history-empty = You have no pictures yet; make one with /imagine.
history-nothing-found = None of your pictures is like that; /history without options shows all of them.
history-not-shown = (the file is not there any more)
history-no-sheet = The thumbnails cannot be shown right now; the menu opens each picture.
history-too-large = The file is too large for this place; whoever runs this bot can send it to you.
history-message = message
history-open = Open a picture…
history-children = Made of it: { $links }
button-post-here = Post here
button-reuse = Reuse settings
button-back = Back
reuse-title = Use these settings again
reuse-options-help = Flags such as --steps 30 --cfg 7 --size 768x512
reuse-private = Only I see the answer
