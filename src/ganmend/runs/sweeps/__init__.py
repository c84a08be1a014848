"""One command over many classes."""
