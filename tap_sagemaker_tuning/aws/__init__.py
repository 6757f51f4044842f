"""The API: scopes, ways in, calls, and what their failures mean."""
