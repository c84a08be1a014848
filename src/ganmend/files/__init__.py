"""Bytes in, bounded and without running code; bytes out, whole or not at all."""
