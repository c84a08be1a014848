"""Generators: what each answers, what conditions it, its latents."""
