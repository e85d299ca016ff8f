"""Print where the package breaks its own rules of size; fail on the hard ones.

Hard: a file of more than 400 lines; a function of more than 60 code lines, its docstring, its
comments and its blank lines not counted. Soft, printed only: a class with more than 12 public
methods.

Usage: ``python tools/house_rules.py [FOLDER ...]`` (default: src).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 60
MOST_PUBLIC_METHODS = 12
SHORT_FUNCTION_LINES = 30

Function = ast.FunctionDef | ast.AsyncFunctionDef


def code_lines(function: Function, lines: list[str]) -> int:
    """Count the lines of a function that are neither docstring, comment nor blank."""
    first, last = function.lineno, function.end_lineno or function.lineno
    counted = set(range(first, last + 1))
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        counted -= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    texts = (lines[number - 1].strip() for number in counted)
    return sum(1 for text in texts if text and not text.startswith("#"))


def public_methods(node: ast.ClassDef) -> int:
    """Count the methods and properties of a class whose names have no leading underscore."""
    names = {child.name for child in node.body if isinstance(child, Function)}
    return sum(not name.startswith("_") for name in names)


def functions_of(tree: ast.AST) -> Iterator[Function]:
    """Yield every function of a module, methods and nested functions included."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def check_file(path: Path) -> tuple[list[str], list[str], list[int]]:
    """Return the hard offences, the soft offences and the lengths of all functions of a file."""
    text = path.read_text(encoding="utf-8")
    lines, tree = text.splitlines(), ast.parse(text, filename=str(path))
    hard, soft, lengths = [], [], []
    if len(lines) > MOST_FILE_LINES:
        hard.append(f"{path}: {len(lines)} lines, at most {MOST_FILE_LINES}")
    for function in functions_of(tree):
        lengths.append(code_lines(function, lines))
        if lengths[-1] > MOST_FUNCTION_LINES:
            where = f"{path}:{function.lineno}: {function.name}"
            hard.append(f"{where} has {lengths[-1]} code lines, at most {MOST_FUNCTION_LINES}")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and public_methods(node) > MOST_PUBLIC_METHODS:
            where = f"{path}:{node.lineno}: {node.name}"
            soft.append(f"{where} has {public_methods(node)} public methods, at best {MOST_PUBLIC_METHODS}")
    return hard, soft, lengths


def main(folders: list[str]) -> int:
    """Check every Python file below the folders; return the exit status."""
    files = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    if not files:
        print(f"house rules: no Python file below {', '.join(folders)}", file=sys.stderr)
        return 1
    hard, soft, lengths = [], [], []
    for path in files:
        of_file = check_file(path)
        for total, part in zip((hard, soft, lengths), of_file, strict=True):
            total.extend(part)
    for line in [*hard, *(f"{line} (only a hint)" for line in soft)]:
        print(line)
    short = sum(length <= SHORT_FUNCTION_LINES for length in lengths) / max(len(lengths), 1)
    print(
        f"house rules: {len(files)} files, {len(lengths)} functions, {short:.0%} of them with at "
        f"most {SHORT_FUNCTION_LINES} lines; {len(hard)} offences, {len(soft)} hints"
    )
    return 1 if hard else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["src"]))
