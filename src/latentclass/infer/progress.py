"""Progress of long work, on a terminal or in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["doing", "track"]


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


@contextmanager
def doing(what: str, *, shown: bool) -> Iterator[None]:
    """Show that something is being done, for the time of a block.

    Parameters
    ----------
    what : str
        What is done.
    shown : bool
        Whether to show anything.

    Yields
    ------
    None
        Nothing.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield
        return
    with console.status(what):
        yield
