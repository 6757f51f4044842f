"""The error that a handler raises to answer with one of the service's errors."""

from __future__ import annotations


class ServiceError(Exception):
    """An error answer.

    Args:
        code: The error code, as it stands in `__type`.
        message: The service's sentence; may be empty.
        status: The HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> ServiceError:
    """A ValidationException."""
    return ServiceError("ValidationException", message)


def no_trial() -> ServiceError:
    """A missing training job; the service does not say that it is missing one."""
    return invalid("Requested resource not found.")


def no_tuning_job(name: str) -> ServiceError:
    """A missing tuning job; its code has no suffix, its sentence is AWS's."""
    return ServiceError(
        "ResourceNotFound",
        f"Amazon SageMaker can't find a tuning job called {name}. Type another name.",
    )
