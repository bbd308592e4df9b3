"""One way to say a number, a name or a date, on every screen, in every report and in the verdict."""
