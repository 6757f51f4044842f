"""What all stages of a run share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from sagemaker_tuning_report.pipeline.folder import Folder
    from sagemaker_tuning_report.pipeline.progress import Progress
    from sagemaker_tuning_report.pipeline.signals import Signals


@dataclass(frozen=True)
class Session:
    """What all stages of a run share.

    Attributes:
        folder: The locked folder.
        log: Its log, unbuffered, for the logs of all programs.
        signals: The signals that end the run.
        show: Shows the progress.
    """

    folder: Folder
    log: IO[bytes]
    signals: Signals
    show: Progress
