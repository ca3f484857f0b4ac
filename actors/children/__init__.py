"""Workflows that workflows start, and hear of when they end."""
