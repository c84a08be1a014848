"""Figures about generated images, one file a metric."""
