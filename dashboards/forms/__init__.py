"""The pages on which a draft is filled in: what is asked is declared as data, and one engine asks it."""
