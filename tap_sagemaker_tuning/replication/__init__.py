"""What to read again, and the state that tells it. Pure: no I/O."""
