"""Single mechanisms: sending, starting, taking turns."""
