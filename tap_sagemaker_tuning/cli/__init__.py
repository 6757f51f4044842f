"""The command line: options, one-line errors, the log, and what is printed."""
