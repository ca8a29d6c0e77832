"""What can be set by environment variables: one table, for the code, the README and the verb `settings`.

Each is read when it is used, so that a worker, which inherits the environment, has the same. A value that
cannot be read is `BadUsage`, never a silent default.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from onnxviz.errors import BadUsage
from onnxviz.numbers import whole_number


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of `unit` (of one `single`, where that may be), at least `least`."""

    name: str
    default: int
    unit: str
    meaning: str
    least: int = 1
    single: str = ""

    def told(self, number: int) -> str:
        """A value with its unit: `200,000 nodes`."""
        return f"{number:,} {self.single or self.unit if number == 1 else self.unit}"

    def value(self) -> int:
        """What is set, else the default. Raises `BadUsage`."""
        text = os.environ.get(self.name, "").strip()
        if not text:
            return self.default
        number = whole_number(text)
        if number is None or number < self.least:
            raise BadUsage(
                self.name,
                f"{text[:40]!r} is no whole number from {self.least} on",
                f"Set it to a number of {self.unit}, such as {self.default}, or leave it out",
            )
        return number


@dataclass(frozen=True, slots=True)
class Text:
    """A text; empty where it is not set. `default_words` says what holds then."""

    name: str
    default_words: str
    meaning: str

    def value(self) -> str:
        """What is set, else the empty text."""
        return os.environ.get(self.name, "").strip()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `choices`, the first of which is the default."""

    name: str
    choices: tuple[str, ...]
    meaning: str

    def value(self) -> str:
        """What is set, else the default. Raises `BadUsage`."""
        text = os.environ.get(self.name, "").strip().lower()
        if text and text not in self.choices:
            raise BadUsage(
                self.name, f"{text[:40]!r} is no choice", f"Set it to one of {', '.join(self.choices)}"
            )
        return text or self.choices[0]


Setting = Whole | Text | Choice

STORE = Text("ONNXVIZ_STORE", "the user's cache folder", "where models are kept")
STORE_BYTES = Whole("ONNXVIZ_STORE_BYTES", 20 * 10**9, "bytes", "how much of them")

COPY_BYTES = Whole(
    "ONNXVIZ_COPY_BYTES",
    512 * 10**6,
    "bytes",
    "a model opened by path is copied into the store up to this size, and used where it lies above",
    least=0,
)
"""Half a gigabyte is copied and hashed in about a second; what is copied can be lost by no one's edit."""

JOB_SECONDS = Whole("ONNXVIZ_JOB_SECONDS", 300, "seconds", "deadline of a job")
JOB_MEGABYTES = Whole("ONNXVIZ_JOB_MEGABYTES", 6144, "megabytes", "memory cap of a job (resident)")

MAX_WAITING = Whole("ONNXVIZ_MAX_WAITING", 200, "jobs", "most jobs of one person that may wait")

WORKERS = {
    kind: Whole(
        f"ONNXVIZ_WORKERS_{kind.upper()}",
        count,
        "processes",
        f"worker processes that {does}",
        single="process",
    )
    for kind, count, does in (
        ("look", 2, "read, draw and search"),
        ("fold", 1, "fold step by step"),
        ("rewrite", 2, "run optimizers and compare outputs"),
        ("torch", 1, "export samples"),
        ("bench", 1, "measure"),
    )
}
"""One worker for benchmarks, so that two of them never disturb each other; one for folding, which has no need
of what a worker of kind "rewrite" imports for seconds."""

MAX_FILE_BYTES = Whole(
    "ONNXVIZ_MAX_FILE_BYTES", 2**31 - 1, "bytes", "largest model file, external data not counted"
)
"""The default is protobuf's own bound (https://protobuf.dev/programming-guides/proto-limits/)."""
MAX_NODES = Whole("ONNXVIZ_MAX_NODES", 200_000, "nodes", "most nodes of a model, in bodies and functions too")
MAX_NESTING = Whole("ONNXVIZ_MAX_NESTING", 32, "levels", "deepest bodies within bodies")
MAX_TENSOR_BYTES = Whole(
    "ONNXVIZ_MAX_TENSOR_BYTES", 64 * 10**9, "bytes", "largest size that one tensor may claim to have"
)
MAX_VALUES = Whole(
    "ONNXVIZ_MAX_VALUES",
    2_000_000,
    "names",
    "most names and sizes of tensors: what nodes read and make, and what is said of the tensors' shapes",
)
MAX_TENSORS = Whole(
    "ONNXVIZ_MAX_TENSORS", 200_000, "constants", "most constants of a model: initializers and attributes"
)
MAX_ATTRIBUTES = Whole(
    "ONNXVIZ_MAX_ATTRIBUTES", 500_000, "attributes", "most attributes of all nodes together"
)
MAX_NAME_CHARS = Whole("ONNXVIZ_MAX_NAME_CHARS", 20_000, "characters", "longest name of a node or tensor")

SCHEDULER = Text("ONNXVIZ_SCHEDULER", "none: jobs run on this machine", "address of a Dask scheduler")
LOCAL = Choice(
    "ONNXVIZ_LOCAL",
    ("auto", "on", "off"),
    "features for the person at this machine alone, such as opening a path; auto: only where the app was "
    "started for this machine",
)
LOG = Choice(
    "ONNXVIZ_LOG",
    ("info", "warning", "error", "debug"),
    "how much the app logs; debug has the words of errors too, which may quote a model",
)
CHROMIUM = Text("ONNXVIZ_CHROMIUM", "one on the `PATH`", "the browser of the tests")

SETTINGS: tuple[Setting, ...] = (
    STORE,
    STORE_BYTES,
    COPY_BYTES,
    JOB_SECONDS,
    JOB_MEGABYTES,
    MAX_WAITING,
    *WORKERS.values(),
    MAX_FILE_BYTES,
    MAX_NODES,
    MAX_NESTING,
    MAX_TENSOR_BYTES,
    MAX_VALUES,
    MAX_TENSORS,
    MAX_ATTRIBUTES,
    MAX_NAME_CHARS,
    SCHEDULER,
    LOCAL,
    LOG,
    CHROMIUM,
)
"""All, in the order in which people read of them."""


def check() -> None:
    """Raises `BadUsage` for the first setting that cannot be read: at the start, and not in mid-work."""
    for setting in SETTINGS:
        setting.value()


def default_text(setting: Setting) -> str:
    """The default in words, as the README's table has it."""
    if isinstance(setting, Whole):
        return setting.told(setting.default)
    return setting.choices[0] if isinstance(setting, Choice) else setting.default_words
