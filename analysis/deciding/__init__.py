"""Is an approach worth sending, and what would change that?"""
