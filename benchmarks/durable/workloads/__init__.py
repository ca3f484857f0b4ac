"""Workloads of Repertory alone, each with its limit: what raw sqlite3 takes for the same rows."""
