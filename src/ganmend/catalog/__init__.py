"""Names of classes and of published generators; from a path or a name to a generator."""
