## Die eigenen Bilder

history-empty = Du hast noch keine Bilder; mach eines mit /imagine.
history-not-shown = (die Datei fehlt oder ist zu groß, um sie zu zeigen)
