"""When do customers act: times to an event, with and without other endings?"""
