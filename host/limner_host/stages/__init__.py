"""The stages in the order in which a picture goes through them; each module has one public function of that name."""
