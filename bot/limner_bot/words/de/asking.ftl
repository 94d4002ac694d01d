## Bevor mehrere Aufträge oder ein Raster in die Schlange kommen

confirm-jobs = Das ergibt { $jobs ->
    [one] einen Auftrag
   *[other] { $jobs } Aufträge
 } ({ $pictures ->
    [one] ein Bild
   *[other] { $pictures } Bilder
 }, etwa { $time } auf der GPU).
confirm-more = … und { $count } weitere
confirm-grid = Das ergibt ein Raster mit { $cells ->
    [one] einem Feld
   *[other] { $cells } Feldern
 } ({ $pictures ->
    [one] ein Bild
   *[other] { $pictures } Bilder
 }, { $evaluations } Auswertungen, etwa { $time } auf der GPU). Das Blatt hat { $sheet } Pixel.
confirm-done = { $count ->
    [one] Der Auftrag ist in der Schlange; seine Nachricht folgt.
   *[other] { $count } Aufträge sind in der Schlange; jeder bekommt eine eigene Nachricht.
 }
confirm-left = Nichts kam in die Schlange.
confirm-too-long = Dieser Text ist zu lang, um ihn hier zu ändern: höchstens { $most } Zeichen. Frag mit einem neuen Befehl.
confirm-title = Ändern, wonach du fragst
confirm-text = Prompt, mit Schaltern und Listen
confirm-axis = Achse { $name }
button-run = Los
button-edit = Ändern

## Raster

job-grid = ein Raster mit { $cells ->
    [one] einem Feld
   *[other] { $cells } Feldern
 }
cell-pick = Feld …
cell-pick-part = Felder { $first } bis { $last } …
grid-no-answer = Der Host kann gerade nicht gefragt werden, was das kostet; versuch es in einer Minute noch einmal.

## Befehle

c-imagine-name = imagine
c-imagine-text = Bilder aus einem Prompt machen
c-imagine-prompt-name = prompt
c-imagine-prompt-text = Was die Bilder zeigen sollen; Schalter wie --ar 3:2 und Listen wie {"{"}rot, grün{"}"} werden verstanden
c-imagine-negative-name = negativ
c-imagine-negative-text = Was sie nicht zeigen sollen
c-imagine-model-name = modell
c-imagine-model-text = Welches Modell malt
c-imagine-size-name = größe
c-imagine-size-text = Breite und Höhe in Pixeln, etwa 512x768
c-imagine-ratio-name = format
c-imagine-ratio-text = Nur das Seitenverhältnis; die Größe folgt aus dem Modell
c-imagine-steps-name = schritte
c-imagine-steps-text = Wie viele Schritte jedes Bild braucht
c-imagine-cfg-name = cfg
c-imagine-cfg-text = Wie genau dem Prompt gefolgt wird
c-imagine-sampler-name = sampler
c-imagine-sampler-text = Wie das Rauschen entfernt wird
c-imagine-schedule-name = schedule
c-imagine-schedule-text = Wie die Rauschstufen verteilt sind
c-imagine-seed-name = seed
c-imagine-seed-text = Die Zahl, aus der das Rauschen wächst; dieselbe gibt dasselbe Bild
c-imagine-count-name = anzahl
c-imagine-count-text = Wie viele Bilder, von 1 bis 4
c-imagine-repeat-name = wiederholen
c-imagine-repeat-text = Dasselbe noch einmal, so oft
c-imagine-style-name = stil
c-imagine-style-text = Stile mit Namen, etwa: ink, night
c-imagine-lora-name = lora
c-imagine-lora-text = LoRAs und ihre Gewichte, etwa: ink:0.8, night:0.5
c-imagine-finish-name = danach
c-imagine-finish-text = Was mit den fertigen Bildern geschieht, etwa: detailer(denoise=0.3), ultimate_upscale
c-imagine-image-name = vorlage
c-imagine-image-text = Ein Bild, von dem ausgegangen wird: PNG, JPEG oder WebP, höchstens 10 MiB
c-imagine-mask-name = maske
c-imagine-mask-text = Weiß, wo die Vorlage neu gemalt wird, schwarz, wo sie bleibt
c-imagine-denoise-name = denoise
c-imagine-denoise-text = Wie viel von der Vorlage neu gemalt wird, von 0 bis 1
c-imagine-private-name = privat
c-imagine-private-text = Ob nur du die Antwort siehst
c-imagine-options-name = optionen
c-imagine-options-text = Parameter des Samplers, etwa: eta=0.5
c-grid-name = raster
c-grid-text = Einstellungen vergleichen: Bilder, die sich entlang von bis zu drei Achsen unterscheiden
c-grid-prompt-name = prompt
c-grid-prompt-text = Was die Bilder zeigen sollen; Schalter wie --ar 3:2 werden verstanden
c-grid-x-name = x
c-grid-x-text = Was sich von links nach rechts ändert, etwa: steps=10, 20, 30
c-grid-y-name = y
c-grid-y-text = Was sich von oben nach unten ändert, etwa: sampler=euler, dpmpp_2m
c-grid-z-name = z
c-grid-z-text = Was sich von Blatt zu Blatt ändert, etwa: prompt_sr=rot, grün
c-grid-negative-name = negativ
c-grid-negative-text = Was sie nicht zeigen sollen
c-grid-model-name = modell
c-grid-model-text = Welches Modell malt
c-grid-size-name = größe
c-grid-size-text = Breite und Höhe in Pixeln, etwa 512x768
c-grid-steps-name = schritte
c-grid-steps-text = Wie viele Schritte jedes Bild braucht
c-grid-cfg-name = cfg
c-grid-cfg-text = Wie genau dem Prompt gefolgt wird
c-grid-sampler-name = sampler
c-grid-sampler-text = Wie das Rauschen entfernt wird
c-grid-schedule-name = schedule
c-grid-schedule-text = Wie die Rauschstufen verteilt sind
c-grid-seed-name = seed
c-grid-seed-text = Die Zahl, aus der das Rauschen wächst; dieselbe gibt dasselbe Bild
c-grid-style-name = stil
c-grid-style-text = Stile mit Namen, etwa: ink, night
c-grid-lora-name = lora
c-grid-lora-text = LoRAs und ihre Gewichte, etwa: ink:0.8, night:0.5
c-grid-finish-name = danach
c-grid-finish-text = Was mit den fertigen Bildern geschieht, etwa: detailer(denoise=0.3), ultimate_upscale
c-grid-vary_seeds-name = seeds_wechseln
c-grid-vary_seeds-text = Ob jedes Feld einen eigenen Seed hat
c-grid-private-name = privat
c-grid-private-text = Ob nur du die Antwort siehst
