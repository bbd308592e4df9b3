"""How large must a trial be, and when may it be looked at?"""
