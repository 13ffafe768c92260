"""Measured pairs: tables, publishers, splits and rates."""
