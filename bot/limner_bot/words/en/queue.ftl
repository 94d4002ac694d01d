## The queue, as members and administrators see it

queue-title = **Queue**
queue-title-paused = **Queue** (paused)
queue-getting-ready = { $title }: the host is getting ready
queue-running = Running: { $job }
queue-more = … and { $count } more
queue-elsewhere = { $count } waiting elsewhere
queue-empty = Nobody waits.
queue-in-another-channel = in another channel
queue-paused = The queue of this server is paused. Nothing is lost; the running job finishes.
queue-already-paused = The queue of this server is paused already.
queue-resumed = The queue of this server goes on.
queue-not-paused = The queue of this server was not paused.
queue-cleared = { $count ->
    [one] { $count } waiting job cancelled.
   *[other] { $count } waiting jobs cancelled.
 }
queue-unknown-job = No waiting or running job of this server is called that; /queue show lists them.
cancel-done = It is cancelled.
cancel-soon = It stops after the current step.
cancel-late = It is too late to cancel this: it is done.
