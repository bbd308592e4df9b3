"""What would other draws of the same assignment have given?"""
