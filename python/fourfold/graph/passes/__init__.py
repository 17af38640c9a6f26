"""Passes: a float graph to an equal, simpler one, and at last to a program."""
