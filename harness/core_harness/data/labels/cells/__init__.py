"""Single cells, as AnnData keeps them, tested perturbation by perturbation against their controls."""
