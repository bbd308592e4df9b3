"""Can the data be trusted: checks, balance, outcomes that are missing?"""
