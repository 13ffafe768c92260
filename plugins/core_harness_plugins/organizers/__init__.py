"""Built-in organizers."""
