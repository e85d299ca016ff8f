"""A read-only mapping that can be hashed, copied and pickled (a mappingproxy cannot)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["FrozenMapping"]


class FrozenMapping[V](Mapping[str, V]):
    """Read-only mapping from names to values, in the order given.

    Parameters
    ----------
    given : mapping or iterable of pairs
        What to hold.

    Examples
    --------
    >>> FrozenMapping({"a": 1})
    {'a': 1}
    """

    __slots__ = ("_data",)

    def __init__(self, given: Mapping[str, V] | Iterable[tuple[str, V]] = ()) -> None:
        self._data = dict(given)

    def __getitem__(self, name: str) -> V:
        return self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __hash__(self) -> int:
        return hash(tuple(self._data.items()))

    def __repr__(self) -> str:
        return repr(self._data)
