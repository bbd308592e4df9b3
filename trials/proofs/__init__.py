"""What can be proved of a registry from what is stored: its chain and rows, a trial's draw, its evaluations."""
