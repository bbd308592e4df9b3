"""What would another analyst have chosen, and does it agree?"""
