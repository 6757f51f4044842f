"""Everything that talks to AWS: credentials, clients, calls, retries and errors."""
