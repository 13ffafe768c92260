"""Data from their publishers: downloaded, checked, converted, and recorded with licence and digest."""
