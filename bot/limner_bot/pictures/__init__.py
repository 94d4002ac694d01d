"""Files of pictures: where they lie, how strangers' ones come in, and the darkroom that reads and writes them."""
