"""Classifiers by where they come from: a file a source, and what the sources share."""
