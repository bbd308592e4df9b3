"""How sure is an estimate: intervals, p-values, and families of them?"""
