"""A disk that fails in mid-work, in words: what libraries raise then is what the system says, with a path."""

from __future__ import annotations

import errno
import os

Words = tuple[str, str]
"""Cause and remedy, as `OnnxvizError` has them."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def cannot_write(error: BaseException) -> Words | None:
    """Where the disk is full or read-only; None for any other error.

    C++ libraries have only the system's text for it (`os.strerror`).
    """
    if _is(error, *_FULL):
        return "the disk is full", "Free some space and try again"
    if _is(error, errno.EROFS):
        return "its disk is read-only", "Make it writable and try again"
    return None


def trouble(error: BaseException) -> Words | None:
    """`cannot_write`, and where a file is gone or closed to this program; None for any other error."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "a file that it needs is not there any more", "Open the model again"
    if isinstance(error, PermissionError):
        return "a file that it needs may not be used by this program", "Check the permissions of the store"
    return cannot_write(error)


def _is(error: BaseException, *numbers: int) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in numbers
    return any(os.strerror(number) in str(error) for number in numbers)
