"""The Hugging Face hub: addresses, downloads, uploads. huggingface_hub is imported only when one of them is used."""
