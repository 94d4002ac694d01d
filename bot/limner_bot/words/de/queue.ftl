## Die Warteschlange, wie Mitglieder und Verwaltung sie sehen

queue-title = **Warteschlange**
queue-title-paused = **Warteschlange** (angehalten)
queue-getting-ready = { $title }: Der Rechner macht sich bereit
queue-running = Läuft: { $job }
queue-more = … und { $count } weitere
queue-elsewhere = { $count } warten anderswo
queue-empty = Niemand wartet.
queue-in-another-channel = in einem anderen Kanal
queue-paused = Die Warteschlange dieses Servers ist angehalten. Nichts ist verloren; der laufende Auftrag wird fertig.
queue-already-paused = Die Warteschlange dieses Servers ist schon angehalten.
queue-resumed = Die Warteschlange dieses Servers geht weiter.
queue-not-paused = Die Warteschlange dieses Servers war nicht angehalten.
queue-cleared = { $count ->
    [one] { $count } wartender Auftrag abgebrochen.
   *[other] { $count } wartende Aufträge abgebrochen.
 }
queue-unknown-job = So heißt kein wartender oder laufender Auftrag dieses Servers; /warteschlange zeigen zeigt sie.
cancel-done = Der Auftrag ist abgebrochen.
cancel-soon = Er hält nach dem laufenden Schritt an.
cancel-late = Zum Abbrechen ist es zu spät: Der Auftrag ist fertig.
