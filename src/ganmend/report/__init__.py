"""Pictures, pages and result directories."""
