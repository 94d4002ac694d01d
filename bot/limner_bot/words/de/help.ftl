## Hilfe

help-choose = Lies etwas über …
help-start = Erste Schritte
help-start-text =
    Sag `/imagine` und was die Bilder zeigen sollen, etwa `ein Leuchtturm in der Dämmerung, Ölgemälde`. Eine Nachricht zeigt deinen Platz in der Schlange, dann eine Vorschau, dann die Bilder.
    Darunter zeigt **U** eines in voller Größe, **V** macht ähnliche, und **Neu würfeln** zeichnet neue. Die Knöpfe bleiben: Sie wirken bei Nachrichten jeden Alters.
    `/verlauf` hat all deine Bilder, `/einstellungen` das, was gilt, wo du nichts sagst, `/ich` das, worum du noch bitten darfst. Wähle unten ein Thema.
help-imagine = Um Bilder bitten
help-imagine-text =
    `/imagine` nimmt einen Prompt und alles, was du sonst sagen willst: negativer Prompt, Modell, Größe, Schritte, Sampler, Seed, und was mit den fertigen Bildern geschieht. Beim Tippen wird vorgeschlagen, was es gibt.
    Alles lässt sich auch in den Prompt schreiben: `ein Leuchtturm --ar 3:2 --steps 30`. In `{"{"}roter, blauer{"}"} Leuchtturm` wird jedes der Wörter ein eigener Auftrag; bevor viele eingereiht werden, wirst du gefragt.
    Private Antworten siehst nur du. Es geht auch in Direktnachrichten.
help-flags = Angaben im Prompt
help-flags-text =
    Angaben stehen im Prompt und sagen dasselbe wie die Optionen:
    { $flags }
    Was Leerzeichen hat, steht in doppelten Anführungszeichen. `\--` ist ein bloßes `--`.
help-buttons = Knöpfe unter Bildern
help-buttons-text =
    Unter vier Bildern zeigen **U1–U4** eines in voller Größe, **V1–V4** machen vier, die einem nahe sind, **Starke Variationen** vier, die ihm nur verwandt sind. **Neu würfeln** zeichnet dasselbe mit einem anderen Seed, **Remix** zeigt dir vorher die Einstellungen.
    Ein einzelnes Bild hat auch die Knöpfe der Nachbearbeitung und **Favorit**. Was du löschst, ist für alle gelöscht, und du wirst vorher gefragt. **Abbrechen** beendet, was wartet oder läuft.
help-finish = Nachbearbeiten und vergrößern
help-finish-text =
    `/nachbearbeiten` nimmt ein Bild von dir; die Option `danach` von `/imagine` tut dasselbe mit neuen, und die Knöpfe unter einem Bild mit diesem. Es gibt: { $names }
    Parameter stehen in Klammern: `detailer(denoise=0.4)`.
help-history = Deine Bilder und deine Daten
help-history-text =
    `/verlauf` zeigt dir allein deine Bilder, neueste zuerst; such nach Wörtern, Favoriten oder einem Modell. Öffne eines, um zu sehen, woher es kommt, um es hier zu zeigen oder seine Einstellungen zu übernehmen.
    `/einstellungen` merkt sich deine Vorgaben. `/ich` zeigt deine Grenzen und gibt dir all deine Daten oder löscht sie.
help-admin = Für die Verwaltung
help-admin-text =
    `/warteschlange` zeigt, wer wartet, und steuert es; `/grenzen` sagt, worum eine Rolle bitten darf; `/sperre` hält jemanden eine Zeit lang fern.
    `/regeln` sperrt Wörter, verbirgt Bilder als Spoiler und erlaubt eigene Bilder; `/modelle` erlaubt Modelle und wählt das übliche; `/einstellungen wessen:` setzt für Kanal und Server Vorgaben, die für alle gelten.
    `/protokoll` sagt, wer was entschieden hat.
help-commands = Alle Befehle

c-help-name = hilfe
c-help-text = Was es gibt und wie man anfängt; nur du siehst es
