"""`make demo`: SageMaker's emulator, the tap, Meltano and a real Postgres, in minutes.

All that it makes is under `.demo/` in the checkout. It needs no account and no server.
"""
