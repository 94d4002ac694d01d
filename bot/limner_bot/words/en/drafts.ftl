## What was begun and is still to be confirmed

draft-not-yours = Only the person who asked may do this.
draft-expired = This is too old to be confirmed; ask again.
draft-used = This was confirmed or cancelled already.
