"""Repair, re-purpose and de-bias pre-trained class-conditional GANs by searching for better class embeddings."""
