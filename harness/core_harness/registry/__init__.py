"""The names that users type, and what they stand for."""
