"""Says what a release still lacks: `make release-check`.

First what is quickly seen; if nothing is missing there, the sdist is built, and has to
build, document and test itself.
"""

from __future__ import annotations

import sys

from tap_tools import ROOT
from tap_tools.release import package, versions


def main() -> int:
    """Say what is missing; gives the exit code."""
    missing = [*versions.missing(ROOT), *package.unclean(ROOT)]
    if not missing:
        sys.stdout.write("building, documenting and testing the sdist …\n")
        sys.stdout.flush()
        missing = list(package.missing(ROOT))
    for line in missing:
        sys.stdout.write(f"missing: {line}\n")
    for line in versions.to_decide(ROOT):
        sys.stdout.write(f"to decide: {line}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
