"""`make demo`: SageMaker's emulator, the tap, Meltano and a real Postgres, in minutes.

Everything it writes is in `.demo/` in the checkout, or in the folder given as an
argument. It needs no account and no server.
"""
