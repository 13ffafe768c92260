"""Measured pairs: tables, where they are published, how they are divided, and rates."""
