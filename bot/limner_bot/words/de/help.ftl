## Hilfe

help-choose = Lies etwas über …
help-start = Erste Schritte
help-start-text =
    Sag `/imagine` und was die Bilder zeigen sollen, etwa `ein Leuchtturm in der Dämmerung, Ölgemälde`. Eine Nachricht zeigt deinen Platz in der Schlange, dann eine Vorschau, dann die Bilder.
    Darunter zeigt **U** eines in voller Größe, **V** macht ähnliche, und **{ button-reroll }** zeichnet neue. Die Knöpfe bleiben: Sie wirken bei Nachrichten jeden Alters.
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
    Unter vier Bildern zeigen **U1–U4** eines in voller Größe, **V1–V4** machen vier, die einem nahe sind, **{ button-strong }** vier, die ihm nur verwandt sind. **{ button-reroll }** zeichnet dasselbe mit einem anderen Seed, **{ button-remix }** zeigt dir vorher die Einstellungen.
    Ein einzelnes Bild hat auch die Knöpfe der Nachbearbeitung und **{ button-favourite }**. Was du löschst, ist für alle gelöscht, und du wirst vorher gefragt. **{ button-cancel }** beendet, was wartet oder läuft.
help-more = „Mehr …“ und das Menü einer Nachricht
help-more-text =
    Das Menü **{ more-more }** unter Bildern zoomt heraus, zeichnet nach jeder Seite weiter, macht ein Bild quadratisch oder zeichnet einen Teil neu: eine Maske, die du anhängst, oder Worte wie `oben rechts`. Es gibt dir auch die Originaldatei und sagt, wie das Bild entstand, ändert die Nachbearbeitung, merkt es als Favorit, macht es privat oder löscht es.
    Jede Nachricht mit einem Bild, von wem auch immer, hat noch mehr in ihrem eigenen Menü unter Apps: **{ c-upscale-this-name }**, **{ c-detail-this-name }**, **{ c-vary-this-name }**, **{ c-use-as-input-name }** und **{ c-read-image-info-name }**.
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
