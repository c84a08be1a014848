"""The names of what diversity is measured in: by themselves, so that settings are read without PyTorch."""

DIVERSITIES = ("none", "softmax", "features", "pixels")
