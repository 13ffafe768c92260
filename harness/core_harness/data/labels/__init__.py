"""Labels ``up``, ``down`` and ``none`` from results of differential expression that exist."""
