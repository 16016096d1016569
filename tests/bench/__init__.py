"""Benchmarks: `scripts/bench NAME` runs one; its last line of output is one JSON object."""
