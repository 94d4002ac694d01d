"""Families of models: each knows how to encode a prompt, predict a clean latent, and turn latents into pictures."""
