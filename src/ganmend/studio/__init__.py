"""A page in the browser that mends classes: its jobs live outside it."""
