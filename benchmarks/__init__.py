"""``python -m benchmarks`` measures, checks every answer, and writes ``benchmarks/results/``."""
