"""Random files of every kind and format, of which the truth of each cell is known; and what intake may make of them."""
