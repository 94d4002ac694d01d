## Was begonnen wurde und noch bestätigt werden muss

draft-not-yours = Das darf nur, wer danach gefragt hat.
draft-expired = Das ist zu alt, um es noch zu bestätigen; frag noch einmal.
draft-used = Das wurde schon bestätigt oder abgebrochen.
