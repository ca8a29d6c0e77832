"""The one small family of errors that a person may meet.

Each error names its *subject* (the file, node or option), the *cause* and the *remedy*, so that
every front end can show one clear sentence. `detail` holds a library's own words, for a fold-out.
"""

from __future__ import annotations


class OnnxvizError(Exception):
    """What is wrong (`cause`), with what (`subject`), and what to do about it (`remedy`).

    `detail` is the technical text behind it: never the message itself. Instances survive pickling,
    since most are raised in a worker process.
    """

    def __init__(self, subject: str, cause: str, remedy: str = "", *, detail: str = "") -> None:
        super().__init__(subject, cause, remedy, detail)
        self.subject = subject
        self.cause = cause
        self.remedy = remedy
        self.detail = detail

    def about(self, subject: str) -> OnnxvizError:
        """The same error with another subject: of a result that is shared, in the words of who asks."""
        return _rebuild(type(self), subject, self.cause, self.remedy, self.detail)

    def __str__(self) -> str:
        sentence = f"{self.subject}: {_ended(self.cause)}"
        return f"{sentence} {_ended(self.remedy)}" if self.remedy else sentence

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.subject, self.cause, self.remedy, self.detail)


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _rebuild(kind: type[OnnxvizError], subject: str, cause: str, remedy: str, detail: str) -> OnnxvizError:
    return kind(subject, cause, remedy, detail=detail)


class BadUsage(OnnxvizError):
    """An option or argument that cannot be used as it was given."""


class RefusedFile(OnnxvizError):
    """A file that is not a usable ONNX model, or lacks a part."""


class ExportFailed(OnnxvizError):
    """PyTorch could not export the sample with these settings."""


class RewriteFailed(OnnxvizError):
    """An optimizer gave up on the model."""


class LayoutFailed(OnnxvizError):
    """The layout engine could not place the graph."""


class BenchFailed(OnnxvizError):
    """A model could not be run on a provider."""


class JobFailed(OnnxvizError):
    """A job in a worker process ended with an error that no other class describes."""


class JobCrashed(JobFailed):
    """The worker process of a job died: a crash in native code, or a kill from outside."""


class JobTimedOut(JobFailed):
    """A job ran past its deadline and was stopped."""


class JobOutOfMemory(JobFailed):
    """A job grew past its memory cap and was stopped."""


class JobCancelled(JobFailed):
    """A person cancelled the job."""
