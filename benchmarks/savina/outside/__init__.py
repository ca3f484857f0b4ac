"""What is measured from outside the actors: asks, tells, starting, memory."""
