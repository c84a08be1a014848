"""The search for better class edits."""
