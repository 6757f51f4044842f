"""Run the contract: `python -m tap_sagemaker_tuning.contract`."""

from __future__ import annotations

from tap_sagemaker_tuning.contract.command import main

if __name__ == "__main__":
    main()
