"""Content-addressed model files on disk, with a size cap.

- `store`: what the rest of the program sees: add, hold, release;
- `directory`: the entries on disk, how one appears and goes, and whether it is still sound;
- `files`: safe names, digests, copying, errors of the disk;
- `referring`: large models that stay where a person has them.
"""

from onnxviz.store.files import DEFAULT_CAP, MAIN, Source, default_root, digest_of, relative_name
from onnxviz.store.store import Store, Stored

__all__ = ["DEFAULT_CAP", "MAIN", "Source", "Store", "Stored", "default_root", "digest_of", "relative_name"]
