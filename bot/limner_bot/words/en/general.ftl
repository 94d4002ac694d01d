## What is said to one person about what they tried

unknown-picture = This picture is not known here any more; make a new one with /imagine.
elsewhere = This picture belongs to another channel.
private-picture = This picture is private.
picture-of-others = Somebody else has brought the picture that this begins with; it can only be used as it was. Attach one of your own.
not-yours = Only the person who asked, or a moderator of this server, may do this.
only-admins = Only people with the permission Manage Server may do that.
only-servers = This works in a server only.
file-missing = The picture's file is missing on the host; Re-roll makes a new one.
file-gone = The picture's file was removed to save space; Re-roll makes it again.
not-offered = { $name } is not on this host; the option finish of /imagine lists what is.
disk-full = The disk of the host is full, so nothing was queued. Please tell whoever runs this bot.
disk-full-unsaved = The disk of the host is full, so nothing was changed: this is not in force. Please tell whoever runs this bot.
disk-full-now = The disk of the host is full. Please tell whoever runs this bot, and try again later.
missing-permissions = I may not work here: I lack { $names } in this channel. A moderator can allow it.
accident = Something went wrong inside; nothing of yours is lost. The log has it under { $code }.
old-button = This button is of a version of Limner that is no longer here.
too-many-waiting = { $most ->
    [one] You have a job waiting already, and may have one
   *[other] You may have { $most } jobs waiting at the same time
 }; wait for one to finish, or cancel one.
host-full = The queue is full; try again in a few minutes.
