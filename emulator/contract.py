"""`python -m emulator.contract`: the same as `python -m tap_sagemaker_tuning.contract`.

What is believed about the service is in that package, and the emulator is built by it.
"""

from __future__ import annotations

from tap_sagemaker_tuning.contract.command import main

if __name__ == "__main__":
    main()
