"""What is made of runs: their predictions set against the truth, compared, explained, audited, judged."""
