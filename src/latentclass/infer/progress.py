"""Progress of long work, on a terminal or in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["track"]


def track[T](work: Sequence[T], what: str, *, shown: bool) -> Iterator[T]:
    """Yield pieces of work and show how many are done.

    Parameters
    ----------
    work : sequence
        The pieces.
    what : str
        What is done with them.
    shown : bool
        Whether to show anything.

    Yields
    ------
    object
        Piece after piece.
    """
    from rich.progress import track as rich_track

    yield from rich_track(work, description=what, disable=not shown)
