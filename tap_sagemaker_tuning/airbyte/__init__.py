"""The tap spoken as the Airbyte protocol: `spec`, `check`, `discover` and `read`.

The same settings, streams, state and failures, in other messages. It stands on top of
the tap, and nothing below knows of it.
"""
