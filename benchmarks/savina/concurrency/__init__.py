"""Actors that share something: a buffer, a table, forks, accounts."""
