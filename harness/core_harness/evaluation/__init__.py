"""From what was asked for to predictions and a report: one method on one dataset."""
