"""One run: listing, reading side by side, progress, and what failed."""
