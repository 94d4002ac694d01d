## Warum jemand um etwas nicht bitten darf

banned = Du darfst hier{ $ends ->
    [never] {""}
   *[other] {" "}vor { $ends }
 } nicht um Bilder bitten. { $reason }
rule-channels = Bilder gibt es nur in diesen Kanälen: { $channels }
rule-age-restricted = Bilder gibt es nur in Kanälen mit Altersbeschränkung.
rule-uploads = Eigene Bilder lassen sich hier nicht verwenden.
rule-words = { $word } darf hier in keinem Prompt stehen.
rule-model = Das Modell { $name } darf hier nicht verwendet werden; nimm ein anderes.
rule-model-unsaid = Das Modell { $name }, das arbeitet, wo niemand eines nennt, darf hier nicht verwendet werden; nenne ein anderes mit der Option für das Modell.
over-models = Deine Rollen erlauben das Modell { $name } nicht; nimm ein anderes.
over-pixels = Ein Bild mit { $value } Pixeln ist größer, als deine Rollen erlauben; höchstens { $most } sind möglich.
over-steps = { $value } Schritte sind mehr, als deine Rollen erlauben; höchstens { $most } sind möglich.
over-count = { $value } Bilder auf einmal sind mehr, als deine Rollen erlauben; höchstens { $most } sind möglich.
over-repeat = { $value } Aufträge in einem Befehl sind mehr, als deine Rollen erlauben; höchstens { $most } sind möglich.
over-waiting = Von dir würden { $value } Aufträge warten, und deine Rollen erlauben { $most }; warte, bis einer fertig ist, oder brich einen ab.
over-day = Das braucht { $value } s der GPU, { $room ->
    [never] mehr als die { $most } s, die du am Tag hast; nimm dir weniger vor.
   *[other] mehr, als von deinen { $most } s für heute übrig ist; Platz ist wieder { $room }.
 }
only-operators = Das dürfen nur die Betreiber dieses Bots.

## Was der Verwaltung gesagt wird

everybody = alle
limits-title = **Grenzen auf diesem Server**
limits-title-everywhere = **Grenzen überall**
limits-empty = Keine Rolle setzt eine Grenze.
limits-set = { $role }: { $told }
limits-nothing = Nenne mindestens eine Grenze.
limits-not-set = Über { $role } war nichts festgelegt.
limits-no-roles = Rollen gehören zu einem Server; lass die Rolle weg, um überall alle zu begrenzen.
limits-weight = Ein Gewicht über { $most } dürfen nur die Betreiber dieses Bots vergeben.
limit-none = keine Grenzen
limit-any = alle
limit-waiting = { $value } Aufträge gleichzeitig
limit-day = { $value } s GPU am Tag
limit-pixels = { $value } Pixel
limit-steps = { $value } Schritte
limit-count = { $value } Bilder je Auftrag
limit-repeat = { $value } Aufträge je Befehl
limit-models = Modelle: { $value }
limit-weight = Gewicht { $value }
ban-title = **Auf diesem Server gesperrt**
ban-title-everywhere = **Überall gesperrt**
ban-nobody = Niemand ist gesperrt.
ban-more = … und { $count } weitere
ban-not-them = Dich selbst und die Betreiber dieses Bots kannst du nicht sperren.
ban-removed = { $who } darf wieder um Bilder bitten.
ban-unknown = { $who } ist hier nicht gesperrt.
ban-added = { $ends ->
    [never] { $who } darf nicht mehr um Bilder bitten.
   *[other] { $who } darf vor { $ends } nicht um Bilder bitten.
 }
ban-cancelled = { $count ->
    [one] { $count } Auftrag von dort ist abgebrochen.
   *[other] { $count } Aufträge von dort sind abgebrochen.
 }
ban-line = { $ends ->
    [never] { $who } für immer, von { $by } { $reason }
   *[other] { $who } bis { $ends }, von { $by } { $reason }
 }
rules-title = **Regeln auf diesem Server**
rules-title-everywhere = **Regeln überall**
rules-spoiler-never = Bilder werden offen gezeigt.
rules-spoiler-outside = Bilder sind außerhalb von Kanälen mit Altersbeschränkung als Spoiler verdeckt.
rules-spoiler-always = Alle Bilder sind als Spoiler verdeckt.
rules-metadata-on = Gepostete Dateien sagen, wie sie gemacht wurden.
rules-metadata-off = Gepostete Dateien sagen nicht, wie sie gemacht wurden. Dateien, die vorher gepostet wurden, sagen es weiterhin.
rules-uploads-on = Mitglieder dürfen eigene Bilder mitbringen.
rules-uploads-off = Mitglieder dürfen keine eigenen Bilder mitbringen.
rules-age-on = Bilder gibt es nur in Kanälen mit Altersbeschränkung.
rules-age-off = Bilder gibt es auch in Kanälen ohne Altersbeschränkung.
rules-all-channels = Bilder gibt es in allen Kanälen.
rules-channels = Bilder gibt es nur in { $channels }.
rules-none-blocked = Es sind keine Wörter gesperrt.
rules-blocked = Gesperrte Wörter: { $words }
rules-no-words = Schreib mindestens ein Wort.
rules-not-blocked = { $word } ist hier nicht gesperrt.
rules-unblocked = { $word } darf wieder verwendet werden.
models-title = **Modelle auf diesem Server**
models-title-everywhere = **Modelle überall**
models-none = Der Rechner hat noch kein Modell genannt.
models-is-default = { $model }, die Voreinstellung
models-allowed = { $name } darf verwendet werden.
models-denied = { $name } darf nicht verwendet werden.
models-all-allowed = Alle Modelle dürfen verwendet werden.
models-all-denied = Kein Modell darf verwendet werden außer denen, die du von jetzt an mit /modelle allow erlaubst.
models-default-denied = Wo niemand ein Modell nennt, arbeitet { $name }, das nicht verwendet werden darf: Wähle mit /modelle default ein anderes.
models-default = { $name } arbeitet, wo niemand ein Modell nennt.
models-no-default = Das Modell des Rechners arbeitet, wo niemand eines nennt.
models-reset = Alle Modelle dürfen verwendet werden; das des Rechners ist die Voreinstellung.
audit-bot = Der Bot
audit-title = **Entscheidungen auf diesem Server**
audit-title-everywhere = **Entscheidungen für alle Server**
audit-empty = Noch niemand hat etwas entschieden.

## Was im Buch der Entscheidungen hinter Zeit und Person steht

act-banned = hat { $subject } gesperrt{ $details }
act-unbanned = hat die Sperre von { $subject } aufgehoben{ $details }
act-limits-set = hat Grenzen festgelegt für { $subject }{ $details }
act-limits-cleared = hat Grenzen zurückgenommen für { $subject }{ $details }
act-words-blocked = hat { $subject } gesperrt{ $details }
act-word-unblocked = hat { $subject } wieder erlaubt{ $details }
act-spoiler = hat Spoiler gewählt: { $subject }{ $details }
act-metadata-on = hat Metadaten in Dateien eingeschaltet{ $subject }{ $details }
act-metadata-off = hat Metadaten in Dateien ausgeschaltet{ $subject }{ $details }
act-uploads-on = hat eigene Bilder erlaubt{ $subject }{ $details }
act-uploads-off = hat eigene Bilder verboten{ $subject }{ $details }
act-age-on = hat Bilder nur in Kanälen mit Altersbeschränkung erlaubt{ $subject }{ $details }
act-age-off = hat Bilder auch in Kanälen ohne Altersbeschränkung erlaubt{ $subject }{ $details }
act-channel-listed = hat { $subject } in die Liste der Kanäle aufgenommen{ $details }
act-channel-unlisted = hat { $subject } aus der Liste der Kanäle entfernt{ $details }
act-model-allowed = hat das Modell { $subject } erlaubt{ $details }
act-model-denied = hat das Modell { $subject } verboten{ $details }
act-model-default = hat das voreingestellte Modell gewählt { $subject }{ $details }
act-models-reset = hat wieder alle Modelle erlaubt{ $subject }{ $details }

## Befehle

c-limits-name = grenzen
c-limits-text = Worum Mitglieder bitten dürfen, nach Rolle (Verwaltung)
c-limits-show-name = zeigen
c-limits-show-text = Zeigen, was jede Rolle erlaubt
c-limits-show-everywhere-name = überall
c-limits-show-everywhere-text = Für alle Server (Betreiber)
c-limits-set-name = setzen
c-limits-set-text = Festlegen, was eine Rolle erlaubt; es gilt das Meiste aller Rollen eines Mitglieds
c-limits-set-role-name = rolle
c-limits-set-role-text = Die Rolle; alle, wenn du sie weglässt
c-limits-set-waiting-name = wartend
c-limits-set-waiting-text = Aufträge eines Mitglieds, die gleichzeitig warten
c-limits-set-seconds_per_day-name = sekunden_am_tag
c-limits-set-seconds_per_day-text = Sekunden der GPU je Mitglied und Tag
c-limits-set-size-name = größe
c-limits-set-size-text = Das größte Bild, etwa 1024x1024; es zählt die Fläche
c-limits-set-steps-name = schritte
c-limits-set-steps-text = Schritte je Bild
c-limits-set-count-name = anzahl
c-limits-set-count-text = Bilder je Auftrag
c-limits-set-repeat-name = wiederholen
c-limits-set-repeat-text = Aufträge je Befehl
c-limits-set-models-name = modelle
c-limits-set-models-text = Die erlaubten Modelle, durch Kommas getrennt; * ist jedes
c-limits-set-weight-name = gewicht
c-limits-set-weight-text = Der Anteil an der GPU neben anderen; üblich ist 1
c-limits-set-everywhere-name = überall
c-limits-set-everywhere-text = Für alle Server (Betreiber)
c-limits-clear-name = aufheben
c-limits-clear-text = Zurücknehmen, was für eine Rolle gilt, ganz oder eines davon
c-limits-clear-role-name = rolle
c-limits-clear-role-text = Die Rolle; alle, wenn du sie weglässt
c-limits-clear-what-name = was
c-limits-clear-what-text = Die eine Grenze; alle, wenn du sie weglässt
c-limits-clear-everywhere-name = überall
c-limits-clear-everywhere-text = Für alle Server (Betreiber)
c-ban-name = sperre
c-ban-text = Wer nicht um Bilder bitten darf (Verwaltung)
c-ban-add-name = verhängen
c-ban-add-text = Jemanden sperren; seine Aufträge werden abgebrochen
c-ban-add-user-name = person
c-ban-add-user-text = Wen
c-ban-add-until-name = bis
c-ban-add-until-text = Wie lange, etwa 30m, 3h, 7d oder 2w; für immer, wenn du es weglässt
c-ban-add-reason-name = grund
c-ban-add-reason-text = Was der Person gesagt wird
c-ban-add-everywhere-name = überall
c-ban-add-everywhere-text = Für alle Server (Betreiber)
c-ban-remove-name = aufheben
c-ban-remove-text = Eine Sperre beenden
c-ban-remove-user-name = person
c-ban-remove-user-text = Wessen
c-ban-remove-everywhere-name = überall
c-ban-remove-everywhere-text = Für alle Server (Betreiber)
c-ban-list-name = zeigen
c-ban-list-text = Zeigen, wer gesperrt ist, bis wann und warum
c-ban-list-everywhere-name = überall
c-ban-list-everywhere-text = Für alle Server (Betreiber)
c-rules-name = regeln
c-rules-text = Was hier gemacht werden darf und wie es gezeigt wird (Verwaltung)
c-rules-show-name = zeigen
c-rules-show-text = Die Regeln zeigen
c-rules-show-everywhere-name = überall
c-rules-show-everywhere-text = Für alle Server (Betreiber)
c-rules-block-name = sperren
c-rules-block-text = Prompts mit diesen Wörtern ablehnen
c-rules-block-words-name = wörter
c-rules-block-words-text = Wörter oder Wendungen, durch Kommas getrennt; * steht für Buchstaben: gore*
c-rules-block-everywhere-name = überall
c-rules-block-everywhere-text = Für alle Server (Betreiber)
c-rules-unblock-name = freigeben
c-rules-unblock-text = Ein Wort wieder erlauben
c-rules-unblock-word-name = wort
c-rules-unblock-word-text = Das Wort, wie /regeln zeigen es zeigt
c-rules-unblock-everywhere-name = überall
c-rules-unblock-everywhere-text = Für alle Server (Betreiber)
c-rules-spoiler-name = spoiler
c-rules-spoiler-text = Bilder verdecken, bis jemand darauf klickt
c-rules-spoiler-policy-name = regel
c-rules-spoiler-policy-text = Wo sie verdeckt sind
c-rules-spoiler-everywhere-name = überall
c-rules-spoiler-everywhere-text = Für alle Server (Betreiber)
c-rules-metadata-name = metadaten
c-rules-metadata-text = Ob gepostete Dateien sagen, wie sie gemacht wurden
c-rules-metadata-on-name = an
c-rules-metadata-on-text = Wahr, wenn sie es sagen
c-rules-metadata-everywhere-name = überall
c-rules-metadata-everywhere-text = Für alle Server (Betreiber)
c-rules-uploads-name = eigene
c-rules-uploads-text = Ob Mitglieder eigene Bilder mitbringen dürfen
c-rules-uploads-on-name = an
c-rules-uploads-on-text = Wahr, wenn sie es dürfen
c-rules-uploads-everywhere-name = überall
c-rules-uploads-everywhere-text = Für alle Server (Betreiber)
c-rules-adults-name = erwachsene
c-rules-adults-text = Ob es Bilder nur in Kanälen mit Altersbeschränkung gibt
c-rules-adults-on-name = an
c-rules-adults-on-text = Wahr, wenn nur dort
c-rules-adults-everywhere-name = überall
c-rules-adults-everywhere-text = Für alle Server (Betreiber)
c-rules-channel-name = kanal
c-rules-channel-text = Bilder nur in gelisteten Kanälen machen; ist keiner gelistet, in allen
c-rules-channel-channel-name = kanal
c-rules-channel-channel-text = Ein Kanal oder eine Kategorie
c-rules-channel-listed-name = gelistet
c-rules-channel-listed-text = Falsch nimmt ihn von der Liste
c-models-name = modelle
c-models-text = Welche Modelle verwendet werden dürfen (Verwaltung)
c-models-list-name = zeigen
c-models-list-text = Alle Modelle zeigen, und welche verwendet werden dürfen
c-models-list-everywhere-name = überall
c-models-list-everywhere-text = Für alle Server (Betreiber)
c-models-allow-name = erlauben
c-models-allow-text = Ein Modell erlauben
c-models-allow-model-name = modell
c-models-allow-model-text = Das Modell; * sind alle
c-models-allow-everywhere-name = überall
c-models-allow-everywhere-text = Für alle Server (Betreiber)
c-models-deny-name = verbieten
c-models-deny-text = Ein Modell verbieten
c-models-deny-model-name = modell
c-models-deny-model-text = Das Modell; * sind alle außer denen, die du danach erlaubst
c-models-deny-everywhere-name = überall
c-models-deny-everywhere-text = Für alle Server (Betreiber)
c-models-default-name = voreinstellung
c-models-default-text = Das Modell wählen, das arbeitet, wo niemand eines nennt
c-models-default-model-name = modell
c-models-default-model-text = Das Modell; das des Rechners, wenn du es weglässt
c-models-default-everywhere-name = überall
c-models-default-everywhere-text = Für alle Server (Betreiber)
c-models-reset-name = zurücksetzen
c-models-reset-text = Wieder alle Modelle erlauben, mit dem des Rechners als Voreinstellung
c-models-reset-everywhere-name = überall
c-models-reset-everywhere-text = Für alle Server (Betreiber)
c-audit-name = protokoll
c-audit-text = Zeigen, wer was wann entschieden hat (Verwaltung)
c-audit-everywhere-name = überall
c-audit-everywhere-text = Für alle Server (Betreiber)
