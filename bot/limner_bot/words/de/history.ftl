## Die eigenen Bilder

history-empty = Du hast noch keine Bilder; mach eines mit /imagine.
history-nothing-found = Keines deiner Bilder ist so; /verlauf ohne Optionen zeigt alle.
history-not-shown = (die Datei ist nicht mehr da)
history-no-sheet = Die Vorschau lässt sich gerade nicht zeigen; das Menü öffnet jedes Bild.
history-too-large = Die Datei ist zu groß für diesen Ort; die Betreiber des Bots können sie dir schicken.
history-message = Nachricht
history-open = Ein Bild öffnen …
history-children = Daraus gemacht: { $links }
button-post-here = Hier zeigen
button-reuse = Einstellungen übernehmen
button-back = Zurück
reuse-title = Diese Einstellungen noch einmal
reuse-options-help = Angaben wie --steps 30 --cfg 7 --size 768x512
reuse-private = Nur ich sehe die Antwort

c-history-name = verlauf
c-history-text = Deine eigenen Bilder zeigen, neueste zuerst; nur du siehst sie
c-history-search-name = suche
c-history-search-text = Wörter, die im Prompt stehen
c-history-favourites-name = favoriten
c-history-favourites-text = Nur deine Favoriten
c-history-model-name = modell
c-history-model-text = Nur Bilder von diesem Modell
