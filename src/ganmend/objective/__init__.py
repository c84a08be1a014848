"""What a search maximises."""
