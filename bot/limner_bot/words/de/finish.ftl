## Das Nachbearbeiten eigener Bilder, und was Optionen zur Wahl stellen

c-finish-name = nachbearbeiten
c-finish-text = Eines deiner Bilder vergrößern oder verbessern
c-finish-picture-name = bild
c-finish-picture-text = Ein Bild als PNG, JPEG oder WebP, höchstens 10 MiB
c-finish-finish-name = mit
c-finish-finish-text = Was damit geschieht, etwa: detailer(denoise=0.3), ultimate_upscale
c-finish-prompt-name = prompt
c-finish-prompt-text = Was das Bild zeigt, für Teile, die neu gezeichnet werden

c-choice-member-name = meine
c-choice-channel-name = die dieses Kanals (Verwaltung)
c-choice-server-name = die dieses Servers (Verwaltung)
c-choice-bot-name = die des Bots (Betreiber)
c-choice-front-name = nach vorn
c-choice-back-name = nach hinten
c-choice-never-name = nie
c-choice-outside-name = außerhalb altersbeschränkter Kanäle
c-choice-always-name = immer
c-choice-waiting-name = Aufträge zugleich
c-choice-seconds_per_day-name = Sekunden am Tag
c-choice-largest_pixels-name = Größe
c-choice-steps-name = Schritte
c-choice-count-name = Bilder je Auftrag
c-choice-repeat-name = Aufträge je Befehl
c-choice-models-name = Modelle
c-choice-weight-name = Gewicht
