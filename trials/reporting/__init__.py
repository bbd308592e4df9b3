"""What a trial found, in words, tables and charts. Pure: nothing here reads a registry or a file."""
