"""The aggregator kish-vote for core-harness."""
