"""Errors that handlers raise to answer with an error of the service."""

from __future__ import annotations


class ServiceError(Exception):
    """An error response of the service.

    Args:
        code: The error code, as in `__type`.
        message: The error message; can be empty.
        status: The HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> ServiceError:
    """Return a ValidationException."""
    return ServiceError("ValidationException", message)


def no_trial() -> ServiceError:
    """Return the error for a missing training job; the service's message is generic."""
    return invalid("Requested resource not found.")


def no_tuning_job(name: str) -> ServiceError:
    """Return the error for a missing tuning job, with AWS's own code and message."""
    return ServiceError(
        "ResourceNotFound",
        f"Amazon SageMaker can't find a tuning job called {name}. Type another name.",
    )
