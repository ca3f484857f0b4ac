"""The Savina benchmarks for actors, on several runtimes in one run."""
