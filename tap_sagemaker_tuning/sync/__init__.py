"""One sync: lists and reads scopes concurrently, saves state, reports failures."""
