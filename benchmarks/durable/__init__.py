"""How fast the durable step is, beside raw sqlite3 and the libraries that do the like."""
