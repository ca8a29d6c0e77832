"""What is said of a disk that fails in mid-work."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from onnxviz import disk, jobs
from onnxviz.errors import JobFailed


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/b"), "the disk is full"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "its disk is read-only"),
        (RuntimeError(f"open file /a failed: {os.strerror(errno.ENOSPC)}"), "the disk is full"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/a"), "not there any more"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/a"), "may not be used"),
    ],
)
def test_a_failing_disk_is_named_without_a_path(error: Exception, cause: str) -> None:
    found = disk.trouble(error)
    assert found is not None
    assert cause in found[0]
    assert "/" not in " ".join(found)


@pytest.mark.parametrize("error", [ValueError("no"), OSError("no"), OSError(errno.EPIPE, "no")])
def test_other_errors_are_none_of_the_disks(error: Exception) -> None:
    assert disk.trouble(error) is None


def test_a_file_that_goes_while_a_job_needs_it_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(JobFailed) as caught:
        jobs.run("look", "Reading it", os.listdir, tmp_path / "gone")
    assert (
        str(caught.value) == "Reading it: a file that it needs is not there any more. Open the model again."
    )
    assert "FileNotFoundError" in caught.value.detail
