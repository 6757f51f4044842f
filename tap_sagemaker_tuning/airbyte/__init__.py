"""The tap as an Airbyte source, with the commands `spec`, `check`, `discover`, `read`.

It has the same settings, streams, state and failures, in other messages. It builds on
the tap, and nothing below imports it.
"""
