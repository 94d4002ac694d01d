## Was einer Person zu dem gesagt wird, was sie versucht hat

unknown-picture = Dieses Bild ist hier nicht mehr bekannt; /imagine macht ein neues.
elsewhere = Dieses Bild gehört in einen anderen Kanal.
private-picture = Dieses Bild ist privat.
picture-of-others = Das Bild, mit dem das beginnt, hat jemand anderes mitgebracht; es lässt sich nur so verwenden, wie es war. Hänge ein eigenes an.
not-yours = Das darf nur, wer darum gebeten hat, oder wer diesen Server moderiert.
only-admins = Das darf nur, wer die Berechtigung „Server verwalten“ hat.
only-servers = Das geht nur auf einem Server.
file-missing = Die Datei des Bildes fehlt auf dem Rechner; Neu würfeln macht ein neues.
file-gone = Die Datei des Bildes wurde entfernt, um Platz zu sparen; Neu würfeln macht es noch einmal.
not-offered = { $name } gibt es auf diesem Rechner nicht; die Option danach von /imagine zeigt, was es gibt.
disk-full = Die Festplatte des Rechners ist voll; nichts wurde eingereiht. Bitte sag es den Betreibern des Bots.
disk-full-unsaved = Die Festplatte des Rechners ist voll, darum wurde nichts geändert: Das gilt nicht. Bitte sag es den Betreibern des Bots.
disk-full-now = Die Festplatte des Rechners ist voll. Bitte sag es den Betreibern des Bots und versuch es später wieder.
missing-permissions = Hier darf ich nicht arbeiten: Mir fehlt { $names } in diesem Kanal. Wer moderiert, kann es erlauben.
accident = Innen ist etwas schiefgegangen; von dir ist nichts verloren. Im Protokoll steht es unter { $code }.
old-button = Dieser Knopf stammt aus einer Fassung von Limner, die es hier nicht mehr gibt.
too-many-waiting = { $most ->
    [one] Bei dir wartet schon ein Auftrag, und mehr als einer darf es nicht sein
   *[other] Bei dir dürfen { $most } Aufträge gleichzeitig warten
 }; warte, bis einer fertig ist, oder brich einen ab.
host-full = Die Warteschlange ist voll; versuch es in ein paar Minuten wieder.
