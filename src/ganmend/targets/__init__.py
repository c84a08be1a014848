"""P: everything that says how well an image shows the wanted class, with its preprocessing."""
