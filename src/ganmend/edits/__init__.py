"""Class edits: what is changed of one class's condition, its file, and where a search of it starts."""
