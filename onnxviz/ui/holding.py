"""What one session holds in the store, and for whom. No Streamlit here.

A model may be in the session's list, in a folding and in a lesson at once: it stays in the store until the
last of them lets it go.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from onnxviz.store import Store


@dataclass(slots=True)
class Holds:
    """Digests by owner. An owner is any name; each has one hold of a digest in the store, however often it
    takes it."""

    store: Store
    _by_owner: dict[Hashable, set[str]] = field(default_factory=dict)

    def take(self, owner: Hashable, digest: str) -> None:
        """A hold of the store, which the caller has, passes to `owner`."""
        taken = self._by_owner.setdefault(owner, set())
        if digest in taken:
            self.store.release(digest)
        taken.add(digest)

    def let_go(self, owner: Hashable, digest: str | None = None) -> None:
        """Release what an owner holds, all of it or one; nothing where it holds none."""
        taken = self._by_owner.get(owner, set())
        for each in [digest] if digest is not None else list(taken):
            if each in taken:
                taken.remove(each)
                self.store.release(each)
        if not taken:
            self._by_owner.pop(owner, None)

    def let_all_go(self) -> None:
        """The session is over."""
        for owner in list(self._by_owner):
            self.let_go(owner)

    def __contains__(self, digest: object) -> bool:
        return any(digest in taken for taken in self._by_owner.values())

    def __iter__(self) -> Iterator[str]:
        """Each digest that anybody holds, once."""
        return iter({digest for taken in self._by_owner.values() for digest in taken})
