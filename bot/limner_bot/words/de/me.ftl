## Man selbst

me-title = **Über dich**
me-here = Hier: { $limits }
me-everywhere = Überall: { $limits }
me-spent = Heute hast du { $seconds } s der GPU gebraucht{ $left ->
    [any] .
   *[other] {""}, und { $left } s sind übrig.
 }
me-jobs = { $count ->
    [0] Keiner deiner Aufträge wartet oder läuft.
    [one] Einer deiner Aufträge wartet oder läuft.
   *[other] { $count } deiner Aufträge warten oder laufen.
 }
me-pictures = Bilder: { $count } ({ $size } MB), Favoriten: { $favourites }
button-export = Meine Daten ausgeben
button-export-rest = Den Rest ausgeben
button-erase = Meine Daten löschen
button-keep-all = Alles behalten
export-running = Deine Daten werden schon ausgegeben; warte, bis das fertig ist.
export-changed = Eine Datei ist inzwischen weg; gib die Daten noch einmal aus.
export-part = Teil { $number } von { $of }
export-done = Das ist alles, was es von dir gibt.
export-left = { $count ->
    [one] Eine Datei ist übrig.
   *[other] { $count } Dateien sind übrig.
 }
export-too-large = { $count ->
    [one] Eine Datei ist zu groß für diesen Ort; die Betreiber des Bots können sie dir schicken.
   *[other] { $count } Dateien sind zu groß für diesen Ort; die Betreiber des Bots können sie dir schicken.
 }
erase-word = LÖSCHEN
erase-title = Alles von mir löschen
erase-field = Tippe { $word }
erase-help = Bilder, Prompts, Favoriten, Einstellungen, und meine Nachrichten, soweit erreichbar
erase-other-word = Nichts wurde gelöscht; das Wort ist { $word }.
erase-question = { $count ->
    [one] Dein Bild,
   *[other] Deine { $count } Bilder,
 } alles, worum du gebeten hast, deine Favoriten und deine Einstellungen endgültig löschen? Was andere aus deinen Bildern gemacht haben, bleibt.
erase-begun = Es wird gelöscht; Nachrichten in Kanälen verschwinden so schnell, wie Discord es erlaubt. Was nur du siehst, kannst du selbst ausblenden.
erase-not = Nichts wurde gelöscht.
act-data-erased = hat die eigenen Daten löschen lassen { $subject }{ $details }

c-me-name = ich
c-me-text = Deine Grenzen und deine Bilder; deine Daten ausgeben oder löschen
