"""What the pages of the documentation hold: blocks of code, and the comments that say how they are checked.

A comment stands on lines of its own, outside of blocks, and is not shown by Sphinx or on code hosts:

``<!-- docs: setup`` ... code ... ``-->``
    Code that is run at this place, to make what the page takes as given.
``<!-- docs: instead of `THIS`: `THAT` -->``
    A replacement in the code of the page while it is checked, such as fewer draws. It must be needed.
``<!-- docs: skip: REASON -->``
    The block whose fence is on the next line is not run.
``<!-- docs: run the calls -->``
    The call in the first cell of each row of the table that follows is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Page", "Piece", "read_page", "without_blocks"]

FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<language>\w*)[^`]*$")
COMMENT = "<!-- docs:"
SETUP = "<!-- docs: setup"
INSTEAD = re.compile(r"^<!-- docs: instead of `(?P<this>[^`]+)`: `(?P<that>[^`]*)` -->$")
SKIP = re.compile(r"^<!-- docs: skip: (?P<reason>\S.*?) -->$")
CALLS = "<!-- docs: run the calls -->"
CALL = re.compile(r"^\| `(?P<call>[^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Code to be run: the number of lines of the page before it, and why it is not run, if it is not."""

    code: str
    line: int
    not_run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The code of a page from top to bottom, and what is wrong with its comments: line and sentence."""

    pieces: tuple[Piece, ...]
    offences: tuple[tuple[int, str], ...]


def read_page(text: str) -> Page:
    """Read the code of a page, with its replacements made."""
    lines, offences = text.splitlines(), []
    found, comments = [], {}
    for start, last in _regions(lines):
        fence = FENCE.match(lines[start])
        if fence and fence["language"] == "python":
            skipped = SKIP.match(lines[start - 1].strip()) if start else None
            code = "\n".join(lines[start + 1 : last]) + "\n"
            found.append((True, Piece(code=code, line=start + 1, not_run=skipped["reason"] if skipped else "")))
        elif lines[start].strip() == SETUP:
            found.append((False, Piece(code="\n".join(lines[start + 1 : last]) + "\n", line=start + 1)))
        elif lines[start].strip() == CALLS:
            found += [(True, Piece(code=call + "\n", line=at)) for at, call in _calls(lines, start + 1)]
        elif lines[start].startswith(COMMENT):
            comments[start] = lines[start].strip()
    for at, comment in comments.items():
        if not INSTEAD.match(comment) and not (SKIP.match(comment) and FENCE.match((lines[at + 1 :] or [""])[0])):
            offences.append((at + 1, f"this comment says nothing of how the page is checked: {comment}"))
    pieces = [piece for _, piece in found]
    for at, this, that in ((at, m["this"], m["that"]) for at, c in comments.items() if (m := INSTEAD.match(c))):
        if not any(shown and this in piece.code for shown, piece in found):
            offences.append((at + 1, f"no block of the page holds {this!r}, which is to be replaced"))
        found = [(shown, _replaced(piece, this, that) if shown else piece) for shown, piece in found]
        pieces = [piece for _, piece in found]
    return Page(pieces=tuple(pieces), offences=tuple(offences))


def without_blocks(text: str) -> str:
    """Return a page with its fenced blocks left out, so that code is not read as a link."""
    lines = text.splitlines()
    blocks = [range(start, last + 1) for start, last in _regions(lines) if FENCE.match(lines[start])]
    inside = {at for block in blocks for at in block}
    return "\n".join(line for at, line in enumerate(lines) if at not in inside)


def _replaced(piece: Piece, this: str, that: str) -> Piece:
    return Piece(code=piece.code.replace(this, that), line=piece.line, not_run=piece.not_run)


def _regions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield first and last line of every fenced block and of every comment about the check."""
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        end = fence["fence"] if fence else "-->" if lines[at].strip() == SETUP else ""
        last = at
        if end:
            last = next((n for n in range(at + 1, len(lines)) if lines[n].strip() == end), len(lines))
        if end or lines[at].startswith(COMMENT):
            yield at, last
        at = last + 1


def _calls(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    """Yield line and text of the calls in the first cells of the table after a line."""
    begun = False
    for at in range(start, len(lines)):
        if not lines[at].startswith("|"):
            if begun:
                return
            continue
        begun = True
        if found := CALL.match(lines[at]):
            yield at, found["call"]
