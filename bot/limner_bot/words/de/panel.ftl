## Die Tafel der Warteschlange, Plugins und der Zustand des Bots

job-ready = { $who } deine Bilder sind fertig: { $link }
job-plugin-quarantined = { $reason } (das Plugin { $name } ist zu oft gescheitert und bleibt von jetzt an außen vor)
not-accepting = Gerade werden keine Aufträge angenommen: Der Bot wird gleich angehalten oder gewartet. Was wartet, bleibt erhalten; versuch es in ein paar Minuten wieder.

## Die Tafel der Warteschlange

queue-private = (privat)
queue-begins = beginnt in etwa { $time }
queue-all-paused = Alles ist angehalten. Nichts ist verloren; der laufende Auftrag wird fertig.
queue-all-already-paused = Alles ist schon angehalten.
queue-all-resumed = Alles geht weiter.
queue-all-not-paused = Es war nicht alles angehalten.
queue-member-cleared = { $count ->
    [0] { $who } hat hier keine Aufträge.
    [one] { $count } Auftrag von { $who } abgebrochen.
   *[other] { $count } Aufträge von { $who } abgebrochen.
 }
queue-not-waiting = Dieser Auftrag wartet nicht mehr.
queue-moved-front = Er ist als Nächstes an der Reihe.
queue-moved-back = Er steht hinter allen anderen in der Warteschlange.
queue-not-failed = Dieser Auftrag ist nicht gescheitert, oder sein Ausgangsbild ist nie angekommen.
queue-retried = Er wird noch einmal versucht.
queue-drained = Der laufende Auftrag wird fertig; nichts Neues wird angenommen oder begonnen, auch nach einem Neustart, bis du wieder Aufträge annehmen lässt.
queue-already-draining = Es wird schon nichts mehr angenommen.
queue-undrained = Aufträge werden wieder angenommen.
queue-not-draining = Aufträge wurden die ganze Zeit angenommen.
panel-title = **Warteschlange dieses Servers**: { $count } warten
panel-title-everywhere = **Warteschlange aller Server**: { $count } warten
panel-paused = angehalten
panel-draining = geschlossen: Nichts wird angenommen oder begonnen
panel-not-ready = der Rechner macht sich bereit
panel-runs-elsewhere = Es läuft ein Auftrag eines anderen Servers.
panel-since = seit { $time }
panel-left = noch { $time }
panel-cost = etwa { $time }
panel-moved = nach vorn gestellt
panel-moved-back = nach hinten gestellt
panel-page = Seite { $page } von { $pages }
panel-chosen = Gewählt: { $job }
panel-quarantined = Das Plugin { $name } ist in Quarantäne: { $reason }
panel-broken = Das Plugin { $name } ist kaputt: { $reason }
panel-choose = Wähle einen Auftrag
panel-retry = Einen gescheiterten Auftrag noch einmal versuchen
panel-front = Nach vorn
panel-back = Nach hinten
panel-member = Alle dieses Mitglieds abbrechen
panel-pause = Anhalten
panel-resume = Weiter
panel-clear = Leeren
panel-refresh = Aktualisieren
panel-drain = Schließen
panel-undrain = Wieder annehmen
panel-here = Dieser Server
panel-everywhere = Alle Server
panel-yes = Ja
panel-no = Nein
panel-nothing-done = Nichts ist geschehen.
panel-sure-cancel = Den Auftrag { $id } von { $who } abbrechen?
panel-sure-member = Alle Aufträge von { $who } abbrechen?
panel-sure-clear = { $count ->
    [one] Den wartenden Auftrag dieses Servers abbrechen?
   *[other] Alle { $count } wartenden Aufträge dieses Servers abbrechen?
 }
panel-sure-clear-everywhere = { $count ->
    [one] Den einzigen wartenden Auftrag abbrechen?
   *[other] Alle { $count } wartenden Aufträge aller Server abbrechen?
 }

## Plugins

plugins-title = **Plugins**
plugins-choose = Wähle ein Plugin
plugins-all = Alle Plugins
plugin-ok = funktioniert
plugin-broken = kaputt
plugin-disabled = abgeschaltet
plugin-quarantined = in Quarantäne
plugin-gone = nicht installiert
plugin-failures = { $count ->
    [one] { $count }-mal gescheitert
   *[other] { $count }-mal nacheinander gescheitert
 }
plugin-enable = Einschalten
plugin-disable = Abschalten
plugin-release = Freigeben
plugin-unknown = Ein Plugin namens { $name } gibt es nicht; /plugins liste zeigt alle.
plugin-enabled = Das Plugin { $name } wird wieder benutzt, sobald der Rechenprozess nach dem laufenden Auftrag neu gestartet ist.
plugin-switched-off = Das Plugin { $name } bleibt außen vor, sobald der Rechenprozess nach dem laufenden Auftrag neu gestartet ist.
plugin-released = Das Plugin { $name } ist nicht mehr in Quarantäne; es wird benutzt, sobald der Rechenprozess neu gestartet ist.
plugin-disabled-already = Das Plugin { $name } ist schon abgeschaltet.
plugin-not-disabled = Das Plugin { $name } ist weder abgeschaltet noch in Quarantäne.
plugin-not-quarantined = Das Plugin { $name } ist nicht in Quarantäne.

## Wie es dem Bot geht

status-title = **So geht es mir**
status-ready = Der Rechner ist bereit.
status-not-ready = Der Rechner macht sich bereit.
status-model = Geladenes Modell: { $name }
status-waiting = { $oldest ->
    [none] Niemand wartet.
   *[other] { $count } warten, die erste Anfrage kam { $oldest }
 }
status-hour = Letzte Stunde: { $pictures } Bilder; Aufträge: { $done } fertig, { $failed } gescheitert, { $cancelled } abgebrochen
status-waited = Aufträge warteten im Mittel { $time }.
status-took = Aufträge dauerten im Mittel { $time }.
status-versions = Fassungen: { $versions }
status-since = Gestartet { $moment }
status-workers = { $count ->
    [one] Seitdem ist { $count } Rechenprozess zu Ende gegangen.
   *[other] Seitdem sind { $count } Rechenprozesse zu Ende gegangen.
 }
status-trouble = Der Rechenprozess wird nicht bereit. Zuletzt sagte er: { $reason }
status-disk = Festplatte: { $free } MB frei; Datenbank: { $database } MB
status-backup = { $moment ->
    [never] Noch keine automatische Sicherung.
   *[other] Letzte Sicherung { $moment }
 }

## Was im Buch der Entscheidungen steht

act-queue-paused = hat die Warteschlange angehalten{ $subject }{ $details }
act-queue-resumed = hat die Warteschlange weitergehen lassen{ $subject }{ $details }
act-queue-cleared = hat alle wartenden Aufträge abgebrochen{ $subject }{ $details }
act-member-cleared = hat alle Aufträge von { $subject } abgebrochen{ $details }
act-job-cancelled = hat einen Auftrag von { $subject } abgebrochen{ $details }
act-job-to-front = hat einen Auftrag von { $subject } nach vorn gestellt{ $details }
act-job-to-back = hat einen Auftrag von { $subject } nach hinten gestellt{ $details }
act-job-retried = hat einen Auftrag von { $subject } noch einmal versucht{ $details }
act-drained = hat den Bot geschlossen{ $subject }{ $details }
act-undrained = lässt den Bot wieder Aufträge annehmen{ $subject }{ $details }
act-plugin-enabled = hat das Plugin { $subject } eingeschaltet{ $details }
act-plugin-disabled = hat das Plugin { $subject } abgeschaltet{ $details }
act-plugin-quarantined = hat das Plugin { $subject } in Quarantäne genommen{ $details }
act-plugin-released = hat das Plugin { $subject } aus der Quarantäne geholt{ $details }

## Namen und Texte von Befehlen

c-queue-panel-name = tafel
c-queue-panel-text = Die Warteschlange mit Menüs und Knöpfen steuern (Verwaltung)
c-queue-move-name = verschieben
c-queue-move-text = Einen wartenden Auftrag vor oder hinter alle anderen stellen (Verwaltung)
c-queue-move-job-name = auftrag
c-queue-move-job-text = Der Auftrag, wie /warteschlange zeigen ihn zeigt
c-queue-move-to-name = wohin
c-queue-move-to-text = Wohin er kommt
c-queue-retry-name = wiederholen
c-queue-retry-text = Einen gescheiterten Auftrag noch einmal versuchen (Verwaltung)
c-queue-retry-job-name = auftrag
c-queue-retry-job-text = Der Auftrag, der gescheitert ist
c-queue-pause-everywhere-name = überall
c-queue-pause-everywhere-text = Die aller Server und Direktnachrichten (Betreiber)
c-queue-resume-everywhere-name = überall
c-queue-resume-everywhere-text = Die aller Server und Direktnachrichten (Betreiber)
c-queue-clear-everywhere-name = überall
c-queue-clear-everywhere-text = Die aller Server und Direktnachrichten (Betreiber)
c-queue-drain-name = schließen
c-queue-drain-text = Den laufenden Auftrag beenden und keine mehr annehmen (Betreiber)
c-queue-undrain-name = öffnen
c-queue-undrain-text = Wieder Aufträge annehmen (Betreiber)
c-plugins-name = plugins
c-plugins-text = Plugins ansehen, ab- und einschalten (Betreiber)
c-plugins-list-name = liste
c-plugins-list-text = Alle Plugins zeigen, und was ihnen fehlt (Betreiber)
c-plugins-enable-name = einschalten
c-plugins-enable-text = Ein Plugin wieder benutzen (Betreiber)
c-plugins-enable-name-name = name
c-plugins-enable-name-text = Das Plugin
c-plugins-disable-name = abschalten
c-plugins-disable-text = Ein Plugin außen vor lassen (Betreiber)
c-plugins-disable-name-name = name
c-plugins-disable-name-text = Das Plugin
c-plugins-release-name = freigeben
c-plugins-release-text = Ein Plugin aus der Quarantäne holen (Betreiber)
c-plugins-release-name-name = name
c-plugins-release-name-text = Das Plugin
c-status-name = zustand
c-status-text = Zeigt, wie es dem Bot geht; nur du siehst die Antwort
c-queue-name = warteschlange
c-queue-text = Sehen, wer wartet; die Verwaltung steuert die Warteschlange auch
c-queue-show-name = zeigen
c-queue-show-text = Zeigt, wer auf Bilder wartet; nur du siehst die Antwort
c-queue-pause-name = anhalten
c-queue-pause-text = Keine Aufträge dieses Servers mehr beginnen (Verwaltung)
c-queue-resume-name = weiter
c-queue-resume-text = Wieder Aufträge dieses Servers beginnen (Verwaltung)
c-queue-cancel-name = abbrechen
c-queue-cancel-text = Einen Auftrag dieses Servers abbrechen (Verwaltung)
c-queue-cancel-job-name = auftrag
c-queue-cancel-job-text = Der Auftrag, wie /warteschlange zeigen ihn zeigt
c-queue-clear-name = leeren
c-queue-clear-text = Alle wartenden Aufträge dieses Servers abbrechen (Verwaltung)
