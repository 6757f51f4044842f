"""Files, and parts of files, that are generated from the code: `make generated`."""
