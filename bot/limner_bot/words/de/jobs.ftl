## Die Nachricht eines Auftrags, von der Warteschlange bis zu seinen Bildern

job-paused = Die Warteschlange ist angehalten; sie wartet auf die Moderation.
job-place = Platz { $place } in der Warteschlange.
job-next = Als Nächstes an der Reihe.
job-next-soon = Als Nächstes an der Reihe; der Rechner macht sich bereit.
job-eta = Noch etwa { $time }.
stage-resolve = wird vorbereitet
stage-encode = liest den Prompt
stage-invert = liest das Bild
stage-sample = zeichnet
stage-enlarge = vergrößert
stage-decode = dekodiert
stage-check = prüft
stage-save = speichert
job-a-picture = Ein Bild
job-finished-by = nachbearbeitet mit { $names }
job-titled = { $what }, { $done }
job-nothing = nichts
job-for = { $what } für { $who }
job-cancelled = Abgebrochen von { $who }.
job-failed = Das hat nicht geklappt: { $why }
job-failed-unknown = niemand weiß, warum
job-gave-up = { $reason } ({ $attempts } Versuche wurden gemacht)
job-host-ended = der Rechenprozess endete mittendrin
job-accident = innen ist etwas schiefgegangen
job-not-on-disk = die Bilder kamen nicht auf der Festplatte an
job-words-blocked = mit ausgefüllten Stilen, Wildcards und Auswahlen enthält der Prompt „{ $word }“, was hier in keinem Prompt stehen darf
job-took-host-down = der Auftrag hat den Rechner zu oft zum Absturz gebracht
job-never-arrived = das Bild kam nicht an, weil der Bot neu gestartet wurde; bitte häng es noch einmal an
job-undeliverable = das Ergebnis ließ sich nirgends zeigen; /verlauf zeigt es
job-too-large = Die Datei des Bildes hat { $size } MiB, und hier passen { $limit } MiB; sie ist aufbewahrt.
job-shown-as = Gezeigt als { $format }, denn die Datei hat { $size } MiB, und hier passen { $limit } MiB; das Original ist aufbewahrt.
job-shown-with-loss = Gezeigt als { $format } mit leichtem Verlust, denn die Datei hat { $size } MiB, und hier passen { $limit } MiB; das Original ist aufbewahrt.
job-file-refused = Discord hat die Datei des Bildes nicht angenommen; sie ist aufbewahrt.
job-cannot-be-shown = Die Bilder für { $who } sind fertig, aber diese Nachricht kann sie nicht zeigen; /verlauf zeigt sie.
job-uploaded = Aus einem hochgeladenen Bild
job-from = Aus { $where }
job-variations-of = Varianten von { $where }
job-strong-variations-of = Starke Varianten von { $where }
job-reroll-of = Neu gewürfelt aus { $where }
job-picture-number = Bild { $number }
job-picture-of = Bild { $number } von { $link }
job-picture-in = einem Bild in { $link }

## Die Einstellungen in einer Zeile

detail-seed = Seed { $seed }
detail-seeds = Seeds { $first } bis { $last }
detail-seed-variations = { $count ->
    [one] Seed { $seed } mit einer Variante
   *[other] Seed { $seed } mit { $count } Varianten
 }
detail-model = Modell { $name }
detail-steps = { $count } Schritte
detail-cfg = CFG { $cfg }
detail-drawn-at = gezeichnet in { $size }
detail-enlarged = gezeichnet in { $size }, dann vergrößert auf { $last }
detail-enlarged-parts = gezeichnet in { $size }, dann in Teilen vergrößert auf { $last }
detail-finished-at = { $told }, fertig in { $size }
detail-tiled = gekachelt mit { $name }
detail-with = mit { $names }
detail-decoded = dekodiert mit { $name }

## Dauern

seconds = { $count } s
minutes = { $count } min
hours = { $count } h

## Knöpfe

button-original = Original
button-cancel = Abbrechen
button-reroll = Neu würfeln
button-variations = Varianten
button-older = Weiter
button-newer = Zurück
