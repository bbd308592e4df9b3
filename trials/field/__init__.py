"""What goes out to the field, and what comes back from it: issue lists, and one way of taking a file of any kind."""
