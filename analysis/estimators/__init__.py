"""What is the effect of an approach, by the way its customers were assigned?"""
