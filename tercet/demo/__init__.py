"""Quay, the company that does not exist: simulated, seeded, coherent."""
