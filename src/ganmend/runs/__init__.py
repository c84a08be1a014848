"""Runs: requests with a state, that survive what happens to the process."""
