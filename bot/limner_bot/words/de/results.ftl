## Was aus Bildern wird

button-strong = Starke Varianten
button-remix = Remix
button-favourite = Favorit
button-delete = Löschen
button-keep = Behalten

job-remix-of = Remix von { $where }
job-outpaint-of = Weitergezeichnet um { $where }
job-inpaint-of = Zum Teil neu gezeichnet: { $where }

remix-title = Remix
remix-prompt = Prompt
remix-negative = Negativer Prompt
remix-options = Einstellungen
remix-options-help = Schalter wie --steps 30 --cfg 7 --size 768x512; ohne --seed wird ein neuer Seed gewürfelt
remix-not-drawn = Dieses Bild wurde nicht hier gezeichnet und hat keine Einstellungen; /imagine zeichnet ein neues.
remix-too-long = Sein Prompt ist länger als die { $most } Zeichen, die in ein Formular passen; nimm /imagine.

zoom-title = Um das Bild herum zeichnen
zoom-factor = Faktor
zoom-factor-help = Wie viel größer der Ausschnitt wird, von 1.05 bis 3

region-title = Einen Teil neu zeichnen
region-mask = Maske
region-mask-help = Weiß wird neu gezeichnet; oder das Bild selbst mit durchsichtigen Löchern
region-words = Oder in Worten
region-words-help = links, oben rechts, Mitte, oder x, y, Breite, Höhe in Prozent: 10, 20, 50, 30
region-strength = Stärke
region-strength-help = Von 0 bis 1: wie viel von dem, was da war, neu gezeichnet wird
region-nothing = Sag, welcher Teil neu gezeichnet werden soll: Häng eine Maske an, oder schreib zum Beispiel links.

favourite-added = Das ist jetzt einer deiner Favoriten; /verlauf zeigt sie.
favourite-removed = Das ist keiner deiner Favoriten mehr.
original-here = Die Datei, wie sie entstanden ist, mit ihren Einstellungen darin.
original-without-settings = Das Bild, wie es gemacht wurde, ohne seine Einstellungen: Nach den Regeln dieses Servers sehen andere sie nicht.
original-not-now = Das Bild kann gerade nicht ohne seine Einstellungen geschrieben werden; versuche es in einer Minute noch einmal.
original-too-large = Die Datei hat { $size } MiB, und hier passen { $limit } MiB; wer diesen Bot betreibt, kann sie dir schicken.

keep-only-owner = Privat machen darf diese Bilder nur, wer darum gebeten hat.
keep-already-private = Das ist schon privat.
keep-not-yet = Das ist noch nicht fertig; versuch es gleich noch einmal.
keep-made-private = { $who } hat das privat gemacht.
keep-yours-now = Das ist jetzt privat; hier sind deine Bilder.

delete-question = Diese Nachricht und die Dateien ihrer Bilder endgültig löschen? Was andere daraus gemacht haben, bleibt.
delete-question-copy = Diese Nachricht löschen? Das Bild bleibt dort, wo es entstanden ist.
delete-not = Nichts wurde gelöscht.
deleted = Gelöscht.
deleted-but-message = Die Dateien sind gelöscht. Deine private Nachricht kannst du selbst schließen, und wo ich kein Mitglied bin, bleibt meine Nachricht stehen.
act-picture-deleted = hat ein Ergebnis von { $subject } gelöscht{ $details }
