"""Run folders and the record of a run."""
