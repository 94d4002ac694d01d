## Das Menü „Mehr …“ unter Bildern, und die Formulare der Nachbearbeitung

more-more = Mehr …
more-page = Was sich noch machen lässt:
more-strong = Starke Varianten von { $number }
more-zoom = { $factor ->
    [custom] Herauszoomen …
   *[other] { $factor }-fach herauszoomen
 }
more-pan = { $side ->
    [left] Nach links weiterzeichnen
    [right] Nach rechts weiterzeichnen
    [up] Nach oben weiterzeichnen
   *[other] Nach unten weiterzeichnen
 }
more-square = Quadratisch machen
more-region = Einen Teil neu zeichnen …
more-region-help = Häng eine Maske an oder sag, welchen Teil
more-edit = Die Nachbearbeitung ändern …
more-favourite = Favorit an oder aus
more-original = Originaldatei
more-info = Bildinfo
more-of = { $what }: Bild { $number }
more-private = Privat machen
more-delete = Löschen …
more-which = Welches Bild
more-picture = Bild { $number }
more-all = Alle
more-others = Andere Parameter
more-others-help = Name=Wert; Name=Wert. Es gibt { $names }
more-range = Von { $least } bis { $most }.
more-usual = Normalerweise { $value }.
more-queued = { $count ->
    [one] { $count } Auftrag ist eingereiht; er bekommt eine eigene Nachricht.
   *[other] { $count } Aufträge sind eingereiht; jeder bekommt eine eigene Nachricht.
 }
more-nothing-to-set = Bei { $name } lässt sich nichts einstellen.
button-edit-job = Ändern …
button-edit-again = Noch einmal ändern

## Die Einträge im Menü einer Nachricht

menu-no-picture = In dieser Nachricht ist kein Bild, das bei Discord liegt.
menu-which = Welches Bild?
menu-vary-title = Varianten davon
menu-use-title = Als Vorlage nehmen
menu-prompt = Was es zeigen soll
menu-prompt-help = Lass es leer, wenn das Bild selbst sagt, wie es entstand
menu-strength = Stärke
menu-strength-help = Wie viel neu gezeichnet wird: 0.3 bleibt nah dran, 0.8 behält wenig
menu-model = Modell
menu-model-help = Lass es leer für das übliche

## Wie ein Bild entstand

info-line = **{ $what }**: { $value }
info-prompt = Prompt
info-negative = Negativer Prompt
info-model = Modell
info-size = Größe
info-seed = Seed
info-steps = Schritte
info-cfg = CFG
info-sampler = Sampler und Schedule
info-files = LoRAs und Embeddings
info-finished = Nachbearbeitet mit
info-nothing = Dieses Bild sagt nicht, wie es entstand.
info-again = Noch einmal machen

## Namen der Einträge

c-upscale-this-name = Vergrößern
c-vary-this-name = Varianten machen
c-use-as-input-name = Als Vorlage nehmen
c-read-image-info-name = Bildinfo lesen
c-detail-this-name = Details verbessern
