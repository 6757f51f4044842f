"""Lists what a release still lacks: `make release-check`.

Quick checks come first. If they pass, it builds the sdist, then its docs and tests.
"""

from __future__ import annotations

import sys

from tap_tools import ROOT
from tap_tools.release import package, versions


def main() -> int:
    """Print what is missing, and return the exit code."""
    missing = [*versions.missing(ROOT), *package.unclean(ROOT)]
    if not missing:
        sys.stdout.write("building, documenting and testing the sdist …\n")
        sys.stdout.flush()
        missing = list(package.missing(ROOT))
    for line in missing:
        sys.stdout.write(f"not ready: {line}\n")
    for line in versions.to_decide(ROOT):
        sys.stdout.write(f"to decide: {line}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
