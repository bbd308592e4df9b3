"""Who is assigned, by what they share: ids, strata, clusters and waves, as arrays."""
