"""Check the pages written in Markdown: run their code, follow their links, find the public names.

The blocks fenced as ``python`` are executed from top to bottom of a page, in one namespace and an empty working
directory. A block written with ``>>>`` prompts is compared with the output it shows. Comments in a page say what it
takes as given, what is replaced while it is checked, and which blocks are not run, for what reason; see
tools/docs_pages.py.

Links to other files of the project are followed on every page. Where there is a page docs/api.md,
it must name everything in ``latentclass.__all__``.

Usage: ``python tools/check_docs.py [PAGE ...]`` (default: README.md and every page below docs/).
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.docs_pages import Piece, read_page, without_blocks  # noqa: E402

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
DOCTEST_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_piece(piece: Piece, page: Path, namespace: dict[str, Any]) -> str:
    """Execute a block; return what went wrong, or an empty string."""
    if ">>> " in piece.code:
        parsed = doctest.DocTestParser().get_doctest(piece.code, namespace, page.name, str(page), piece.line)
        said: list[str] = []
        runner = doctest.DocTestRunner(verbose=False, optionflags=DOCTEST_FLAGS)
        runner.run(parsed, out=said.append, clear_globs=False)
        namespace.update(parsed.globs)
        return "".join(said) if runner.failures else ""
    try:
        code = compile("\n" * piece.line + piece.code, str(page), "exec")
        exec(code, namespace)
    except Exception:
        return traceback.format_exc()
    return ""


def run_page(page: Path, pieces: Iterable[Piece]) -> tuple[int, str]:
    """Run the code of a page; return how many pieces ran and the first failure."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.ExitStack() as around:
        around.enter_context(contextlib.chdir(around.enter_context(tempfile.TemporaryDirectory())))
        around.enter_context(warnings.catch_warnings())
        # What is made small to be quick does not converge, and says so.
        warnings.simplefilter("ignore", importlib.import_module("latentclass").LatentClassWarning)
        for done, piece in enumerate(pieces):
            with contextlib.redirect_stdout(io.StringIO()):
                failure = run_piece(piece, page, namespace)
            if failure:
                return done, f"{page}:{piece.line}: this code fails\n{failure}"
        return done + 1, ""


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links of a page to files of the project that are not there."""
    targets = [found["target"] for found in LINK.finditer(without_blocks(text))]
    local = [t for t in targets if not re.match(r"[a-z][a-z+.-]*:|#", t)]
    missing = [t for t in local if not (page.parent / t.partition("#")[0]).exists()]
    return [f"{page}: the link to {target} leads nowhere" for target in missing]


def unnamed(page: Path, text: str) -> list[str]:
    """Return the public names of the package that the API page does not mention."""
    names = [n for n in importlib.import_module("latentclass").__all__ if not n.startswith("_")]
    missing = [n for n in names if not re.search(rf"(?<!\w){re.escape(n)}(?!\w)", text)]
    return [f"{page}: the public name {name} is not mentioned" for name in missing]


def check_page(page: Path) -> tuple[list[str], list[str]]:
    """Check one page, print a line about it; return its offences, and what was not run for which reason."""
    started = time.perf_counter()
    text, name = page.read_text(encoding="utf-8"), page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    found = read_page(text)
    offences = broken_links(page, text) + [f"{page}:{line}: {said}" for line, said in found.offences]
    if page == ROOT / "docs" / "api.md":
        offences += unnamed(page, text)
    wanted = [piece for piece in found.pieces if not piece.not_run]
    left = [f"{name}:{piece.line}: {piece.not_run}" for piece in found.pieces if piece.not_run]
    ran = "no code"
    if wanted:
        count, failure = run_page(page, wanted)
        offences += [failure] if failure else []
        ran = f"{count} of {len(found.pieces)} pieces of code run"
    elif left:
        ran = f"0 of {len(left)} pieces of code run"
    seconds = time.perf_counter() - started
    print(f"{name}: {ran}, {len(offences)} offences, {seconds:.1f} s", flush=True)
    return offences, left


def main(arguments: list[str]) -> int:
    """Check the pages given, or all; return the exit status."""
    chosen = [Path(argument).resolve() for argument in arguments]
    pages = chosen or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    absent = [page for page in pages if not page.is_file()]
    if absent:
        print(f"no such page: {', '.join(map(str, absent))}", file=sys.stderr)
        return 1
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as kept:
        # Nothing that fits outside of this check have kept is read, and nothing is left.
        own = dict.fromkeys(("LATENTCLASS_UNFINISHED", "LATENTCLASS_REFITS"), kept)
        with mock.patch.dict(os.environ, {"MPLBACKEND": "Agg", **own}):
            checked = [check_page(page) for page in pages]
    offences = [offence for found, _ in checked for offence in found]
    for reason in (reason for _, left in checked for reason in left):
        print(f"not run: {reason}")
    print(f"{len(pages)} pages, {len(offences)} offences, {time.perf_counter() - started:.0f} s")
    for offence in offences:
        print(offence, file=sys.stderr)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
