## Before several jobs, or a grid, are queued

confirm-jobs = This makes { $jobs ->
    [one] one job
   *[other] { $jobs } jobs
 } ({ $pictures ->
    [one] one picture
   *[other] { $pictures } pictures
 }, about { $time } of GPU time).
confirm-more = … and { $count } more
confirm-grid = This makes a grid of { $cells ->
    [one] one cell
   *[other] { $cells } cells
 } ({ $pictures ->
    [one] one picture
   *[other] { $pictures } pictures
 }, { $evaluations } evaluations, about { $time } of GPU time). Its sheet has { $sheet } pixels.
confirm-done = { $count ->
    [one] It is queued; its message follows.
   *[other] { $count } jobs are queued; each gets a message of its own.
 }
confirm-left = Nothing was queued.
confirm-too-long = This text is too long to be changed here: the most is { $most } characters. Ask with a new command.
confirm-title = Change what you ask for
confirm-text = Prompt, with flags and lists
confirm-axis = Axis { $name }
button-run = Run
button-edit = Edit

## Grids

job-grid = a grid of { $cells ->
    [one] one cell
   *[other] { $cells } cells
 }
cell-pick = Cell…
cell-pick-part = Cells { $first } to { $last }…
grid-no-answer = The host cannot be asked what this would cost right now; try again in a minute.
