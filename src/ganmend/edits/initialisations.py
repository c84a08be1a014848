"""The names of the places where a search can start: by themselves, so that settings are read without PyTorch."""

INITIALISATIONS = ("best", "mean", "top", "random", "target")
