"""What a browser shows: the parts that all pages share, and the report of runs on one page."""
