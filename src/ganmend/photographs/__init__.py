"""Photographs of a user's: found in folders, and read as a viewer shows them."""
