"""What has to be there before a release: `make release-check`."""
