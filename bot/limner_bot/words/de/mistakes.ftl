## Was an einem Feld einer Anfrage falsch ist, hinter seinem Namen und seinem Wert, und was hilft

mistake = { $field }: { $value } { $remedy }
mistake-value = { $value }… ({ $count } Zeichen)

field-width = Breite
field-height = Höhe
field-picture = Bild
field-region = Bereich
field-strength = Stärke
field-factor = Faktor
field-words = Wörter
field-language = Sprache

## Was das SDK findet

mistake-too-small = ist zu klein; das Kleinste ist { $ge }
mistake-not-above = ist zu klein; es muss mehr als { $gt } sein
mistake-too-large = ist zu groß; das Größte ist { $le }
mistake-empty = ist leer; schreib etwas hinein
mistake-too-long = ist zu lang; erlaubt sind höchstens { $max_length } Zeichen
mistake-not-finite = ist keine endliche Zahl; nimm eine gewöhnliche
mistake-unknown-field = gehört zu keinem bekannten Feld; lass es weg
mistake-no-whole = ist keine ganze Zahl; schreib eine, etwa 20
mistake-no-number = ist keine Zahl; schreib eine, etwa 0.5
mistake-neither = ist weder true noch false; schreib eines davon
mistake-missing = fehlt; gib es an
mistake-not-one-of = passt nicht; möglich ist { $expected }
mistake-unknown-name = ist unbekannt; { $hinted ->
    [0] {""}
   *[other] meintest du { $close }?{" "}
 }es gibt { $names }{ $more ->
    [0] {""}
   *[other] {" "}und { $more } weitere
 }
mistake-ambiguous-name = könnte mehreres sein: { $names }{ $more ->
    [0] {""}
   *[other] {" "}und { $more } weitere
 }; schreib den vollen Namen
mistake-too-large-here = ist größer, als dieser Host erlaubt; höchstens { $most } Pixel, etwa { $side }x{ $side }

## Was der Bot findet

mistake-flag-says-nothing = sagt nichts; schreib es wie { $flag }
mistake-said-twice = ist doppelt gesagt; sag es einmal
mistake-no-flag = ist kein Schalter; { $hinted ->
    [0] {""}
   *[other] meintest du { $close }?{" "}
 }es gibt { $names }; \-- ist ein bloßes --
mistake-flag-and-option = sagt ein Schalter, aber die Option sagt { $option }; lass eines davon weg
mistake-ratio-and-size = steht neben der Größe { $size }; lass eines davon weg
mistake-open-quotes = hat keine schließenden Anführungszeichen; schreib " dahinter
mistake-no-size = ist keine Größe in Pixeln; schreib sie wie 512x768
mistake-size-outside = geht nicht als Größe; jede Seite hat { $least } bis { $most } Pixel
mistake-no-ratio = ist kein Seitenverhältnis; schreib es wie 3:2
mistake-ratio-too-long = ist eine zu lange Form für dieses Modell; geh höchstens bis { $longest }:1
mistake-no-whole-from = ist keine ganze Zahl von { $least } bis { $most }; schreib eine
mistake-no-number-from = ist keine Zahl von { $least } bis { $most }; schreib eine
mistake-empty-name = ist leer; schreib einen Namen hinein
mistake-no-lora = nennt keine LoRA; schreib Namen und Gewicht, etwa ink:0.8
mistake-lora-weights = hat zu viele Gewichte; schreib eines, etwa ink:0.8
mistake-too-many-jobs = Aufträge auf einmal sind zu viele; höchstens { $most }, wiederhole es seltener
mistake-lists-too-many = ergibt { $count } Aufträge auf einmal; höchstens { $most }, zähl weniger auf
mistake-denoise-alone = braucht ein Bild, von dem es ausgeht; häng eines an, oder lass es weg
mistake-mask-alone = braucht das Bild, zu dem sie gehört; häng es als Vorlage an
mistake-unknown-sampler = sind Parameter eines Samplers, den noch niemand kennt; nenn auch den Sampler
mistake-shape-too-long = ist eine zu lange Form für dieses Modell; schneid es zu, oder nenn eine Größe
mistake-finish-count = nennt { $count } Nachbearbeitungen; nenn 1 bis { $most }, etwa detailer
mistake-finish-unread = ist nicht zu verstehen; schreib Namen wie detailer, oder detailer(denoise=0.5; prompt=a happy face)
mistake-finish-needs-picture = braucht ein Bild namens { $picture }, das hier nicht angegeben werden kann; nimm etwas anderes
mistake-sets-nothing = legt nichts fest; schreib Name=Wert
mistake-no-parameter = ist kein Parameter von { $name }; { $count ->
    [0] es hat keine
   *[other] es gibt { $names }
 }
mistake-no-choice = ist unbekannt; es gibt { $names }
mistake-not-on-discord = liegt nicht bei Discord; häng das Bild selbst an
mistake-not-fetched = ließ sich nicht von Discord holen; versuch es noch einmal
mistake-no-picture = ist kein Bild in PNG, JPEG oder WebP; häng so eines an
mistake-file-too-large = ist größer als { $most } MiB; häng eine kleinere Datei an
mistake-no-such-picture = ist nicht da; wähl eines von 1 bis { $count }, oder alle
mistake-picture-silent = ist leer, und das Bild sagt nicht, was es zeigt; schreib es selbst
mistake-region-outside = liegt außerhalb des Bildes; Prozente gehen von 0 bis 100
mistake-no-region = ist kein Bereich; schreib links, oben rechts, Mitte, oder x, y, Breite, Höhe in Prozent: 10, 20, 50, 30
mistake-no-factor = ist keine Zahl; schreib eine wie 1.5
mistake-no-share = ist keine Zahl von 0 bis 1; schreib eine, etwa 0.5
mistake-share-outside = ist nicht über 0 und höchstens 1; 1 beachtet nicht, was da war
mistake-square-already = ist schon quadratisch; zoom heraus, oder zeichne nach einer Seite weiter
mistake-words-among-flags = ist kein Schalter; schreib Einstellungen wie --steps 30, und Wörter in den Prompt
mistake-imagine-alone = gilt nur für /imagine; lass es hier weg
mistake-no-time = ist keine Dauer; schreib eine wie 30m, 3h, 7d oder 2w
mistake-time-outside = geht nur von 1 Sekunde bis 10 Jahre; lass es weg, um für immer zu sperren
mistake-no-word = ist kein Wort; schreib nur Buchstaben, und * für beliebige, etwa gore*
mistake-no-letters = hat keine Buchstaben; schreib ein Wort, oder ein Muster wie gore*
mistake-no-pattern = ist kein Muster; schreib ein Wort mit * darin, etwa gore*
mistake-too-many = Einträge sind zu viele; höchstens { $most }
