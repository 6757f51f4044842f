"""The documentation: `make docs` builds it, and `generate` makes parts of it."""
