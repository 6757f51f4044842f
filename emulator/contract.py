"""`python -m emulator.contract`: an alias of `python -m tap_sagemaker_tuning.contract`.

That package has the assumptions about the service on which the emulator is built.
"""

from __future__ import annotations

from tap_sagemaker_tuning.contract.command import main

if __name__ == "__main__":
    main()
