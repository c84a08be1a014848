"""Models of images and texts, by which a sentence is a target."""
