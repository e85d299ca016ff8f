"""Results in a file, each written as soon as it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import uuid4

__all__ = ["Kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A JSON file of dataclasses by name.

    Parameters
    ----------
    path : Path
        The file; it may not exist.
    """

    path: Path

    def has(self, name: str) -> bool:
        """Return whether a result is in the file.

        Parameters
        ----------
        name : str
            Name of the result.

        Returns
        -------
        bool
            Whether it is.
        """
        return name in self._read()

    def get[T](self, name: str, kind: type[T], compute: Callable[[], T]) -> T:
        """Return a result from the file, or compute it and write it there.

        Parameters
        ----------
        name : str
            Name of the result.
        kind : type
            Its class, a dataclass of plain values.
        compute : callable
            Computes it.

        Returns
        -------
        object
            The result.
        """
        known = self._read()
        if name in known:
            return _made(kind, known[name])
        found = compute()
        self._write({**self._read(), name: asdict(found)})  # type: ignore[call-overload]
        return found

    def _read(self) -> dict[str, Any]:
        if not self.path.is_file():
            return {}
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except ValueError:
            # Cut off while it was written: everything in it is computed again.
            return {}

    def _write(self, results: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(f".{self.path.name}.{uuid4().hex[:8]}")
        unfinished.write_text(json.dumps(results), encoding="utf-8")
        unfinished.replace(self.path)


def _made[T](kind: type[T], data: dict[str, Any]) -> T:
    hints = get_type_hints(kind)
    values = {f.name: _value(hints[f.name], data[f.name]) for f in fields(kind) if f.name in data}  # type: ignore[arg-type]
    return kind(**values)


def _value(hint: Any, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        choices = [hint, *get_args(hint)]
        return _made(next(choice for choice in choices if hasattr(choice, "__dataclass_fields__")), value)
    return value
