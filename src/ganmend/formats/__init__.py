"""Checkpoint formats: recognised by their tensors, read into the canonical generator, the class table written back."""
