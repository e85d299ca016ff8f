"""Check the pages written in Markdown: run their code, follow their links, find the public names.

A page with a line ``<!-- docs: run -->`` has its blocks fenced as ``python`` executed from top to
bottom, in one namespace and an empty working directory. A block with ``<!-- docs: skip -->`` on the
line above its fence is left out. A block written with ``>>>`` prompts is compared with the output
it shows.

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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RUN = "<!-- docs: run -->"
SKIP = "<!-- docs: skip -->"
FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<language>\w*)[^`]*$")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
DOCTEST_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language, its code and the line of the page before its first line."""

    language: str
    code: str
    line: int
    skipped: bool


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page in their order."""
    lines = text.splitlines()
    start, fence, language = 0, "", ""
    for number, line in enumerate(lines):
        if not fence:
            if found := FENCE.match(line):
                start, fence, language = number, found["fence"], found["language"]
        elif line.strip() == fence:
            code = "\n".join(lines[start + 1 : number]) + "\n"
            skipped = start > 0 and lines[start - 1].strip() == SKIP
            yield Block(language=language, code=code, line=start + 1, skipped=skipped)
            fence = ""


def without_blocks(text: str) -> str:
    """Return a page with its fenced blocks left out, so that code is not read as a link."""
    kept, fence = [], ""
    for line in text.splitlines():
        found = FENCE.match(line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif found:
            fence = found["fence"]
        else:
            kept.append(line)
    return "\n".join(kept)


def run_block(block: Block, page: Path, namespace: dict[str, Any]) -> str:
    """Execute a block; return what went wrong, or an empty string."""
    if ">>> " in block.code:
        parsed = doctest.DocTestParser().get_doctest(block.code, namespace, page.name, str(page), block.line)
        said: list[str] = []
        runner = doctest.DocTestRunner(verbose=False, optionflags=DOCTEST_FLAGS)
        runner.run(parsed, out=said.append, clear_globs=False)
        namespace.update(parsed.globs)
        return "".join(said) if runner.failures else ""
    try:
        code = compile("\n" * block.line + block.code, str(page), "exec")
        exec(code, namespace)
    except Exception:
        return traceback.format_exc()
    return ""


def run_page(page: Path, text: str) -> tuple[int, str]:
    """Run the Python blocks of a page; return how many ran and the first failure."""
    blocks = [b for b in blocks_of(text) if b.language == "python" and not b.skipped]
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for done, block in enumerate(blocks):
            with contextlib.redirect_stdout(io.StringIO()):
                failure = run_block(block, page, namespace)
            if failure:
                return done, f"{page}:{block.line}: this block fails\n{failure}"
    return len(blocks), ""


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


def check_page(page: Path) -> list[str]:
    """Check one page, print a line about it and return its offences."""
    started = time.perf_counter()
    text = page.read_text(encoding="utf-8")
    offences = broken_links(page, text)
    if page == ROOT / "docs" / "api.md":
        offences += unnamed(page, text)
    ran = "not run"
    if RUN in (line.strip() for line in text.splitlines()):
        count, failure = run_page(page, text)
        offences += [failure] if failure else []
        ran = f"{count} blocks run"
    seconds = time.perf_counter() - started
    name = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    print(f"{name}: {ran}, {len(offences)} offences, {seconds:.1f} s", flush=True)
    return offences


def main(arguments: list[str]) -> int:
    """Check the pages given, or all; return the exit status."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    chosen = [Path(argument).resolve() for argument in arguments]
    pages = chosen or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    absent = [page for page in pages if not page.is_file()]
    if absent:
        print(f"no such page: {', '.join(map(str, absent))}", file=sys.stderr)
        return 1
    offences = [offence for page in pages for offence in check_page(page)]
    for offence in offences:
        print(offence, file=sys.stderr)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
