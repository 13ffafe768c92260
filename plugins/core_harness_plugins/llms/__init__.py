"""Built-in language models."""
