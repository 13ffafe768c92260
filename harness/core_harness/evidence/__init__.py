"""What related, measured perturbations did to the gene of each query, and controls that break it."""
