"""The float graph that importers make, and the program that the engine runs."""
