"""Bundled plugins. They import the SDK only, through the same door as anyone else's."""
