"""Control networks: found in their folder, loaded, and heard while a picture is drawn."""
