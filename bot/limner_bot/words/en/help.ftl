## Help

help-choose = Read about…
help-start = First steps
help-start-text =
    Say `/imagine` and what the pictures should show, such as `a lighthouse at dusk, oil painting`. A message shows your place in the queue, then a preview, then the pictures.
    Below them **U** shows one at full size, **V** makes more like it, and **{ button-reroll }** draws new ones. Buttons never die: they work on messages of any age.
    `/history` has all your pictures, `/settings` what holds where you say nothing, `/me` what you may still ask for. Choose a topic below for more.
help-imagine = Asking for pictures
help-imagine-text =
    `/imagine` takes a prompt and whatever else you want to say: negative prompt, model, size, steps, sampler, seed, and how the pictures are finished. While you type, what there is is suggested.
    Everything can also be written into the prompt as flags: `a lighthouse --ar 3:2 --steps 30`. In `{"{"}red, blue{"}"} lighthouse` each of the words makes a job of its own; you are asked before many are queued.
    Private answers are seen by you alone. It works in direct messages too.
help-flags = Flags in a prompt
help-flags-text =
    Flags stand in the prompt and say what an option says too:
    { $flags }
    What has spaces stands in double quotes. `\--` is a plain `--`.
help-buttons = Buttons below pictures
help-buttons-text =
    Below a grid **U1–U4** post one picture at full size, **V1–V4** make four close to one, **{ button-strong }** four that are only akin to it. **{ button-reroll }** draws the same with another seed, **{ button-remix }** first shows you the settings in a form.
    A single picture also has the buttons of post-processors, and **{ button-favourite }**. What you delete is deleted for everybody, and you are asked first. **{ button-cancel }** stops what waits or runs.
help-more = “More…”, and the menu of a message
help-more-text =
    The menu **{ more-more }** below pictures zooms out, goes on to any side, makes a picture square, or draws a part of it anew: a mask that you attach, or words such as `top right`. It also gives you the original file and how the picture was made, edits what was done to it, keeps it as a favourite, makes it private, or deletes it.
    Any message with a picture has more in its own menu, under Apps, whoever wrote it: **Upscale this**, **Detail this**, **Vary this**, **Use as input** and **Read image info**.
help-finish = Finishing and enlarging
help-finish-text =
    `/finish` takes a picture of yours; the option `finish` of `/imagine` does the same to new ones, and the buttons below a picture to that one. There is: { $names }
    Parameters stand in brackets: `detailer(denoise=0.4)`.
help-history = Your pictures and your data
help-history-text =
    `/history` shows your pictures to you alone, newest first; look for words, favourites or a model. Open one to see where it comes from, to post it here, or to use its settings again.
    `/settings` keeps your defaults. `/me` shows your limits, and gives you all your data or deletes it.
help-admin = For administrators
help-admin-text =
    `/queue` shows who waits and steers it; `/limits` says what a role may ask for; `/ban` keeps somebody out for a while.
    `/rules` blocks words, hides pictures as spoilers and allows uploads; `/models` allows models and chooses the default; `/settings scope:server` and `scope:channel` set defaults for all.
    `/audit` tells who decided what.
help-commands = All commands
