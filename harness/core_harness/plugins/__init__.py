"""Components: what they are, how they are found, made and called."""
