"""Markdown and LaTeX: read back by other programs, and names that hold signs of the markup."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

import latentclass as lc
from latentclass.posterior.summarise import table_index

HOSTILE = (
    "<script>alert(1)</script>",
    "a|b",
    "*bold* _it_ `code`",
    "[link](http://example.org)",
    r"back\slash \input{x}",
    "R&D 100 % $5 #1 ~ ^ {}",
    "two\nlines",
    "[1.5] first",
    "&lt;already&gt;",
)


def hostile_table() -> pd.DataFrame:
    rows = [(k, item, "yes") for k in HOSTILE for item in HOSTILE]
    mean = np.linspace(-0.9, 0.9, len(rows))
    columns = {"mean": mean, "eti90_lb": mean - 0.1, "eti90_ub": mean + 0.1}
    return pd.DataFrame(columns, index=table_index(rows, ["class", "item", "level"]))


def html_cells(text: str) -> list[list[str]]:
    """Return the cells that a Markdown program shows, as plain text."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows and token.level > 2:
            kinds = {child.type for child in token.children}
            assert kinds <= {"text", "text_special"}, f"markup in a cell: {token.content}"
            rows[-1].append("".join(child.content for child in token.children))
    return rows


def test_markdown_shows_every_name_as_it_is():
    header, *rows = html_cells(lc.tables.markdown(hostile_table()))
    expected = [" ".join(name.split()) for name in HOSTILE]
    assert header == ["item", "level", *expected]
    assert [row[0] for row in rows] == expected
    assert rows[0][2] == "-0.90 [-1.00, -0.80]"


def test_labels_are_not_repeated_and_numbers_stand_right():
    index = table_index([("a", 1), ("a", 2), ("b", 1)], ["item", "level"])
    lines = lc.tables.markdown(pd.DataFrame({"x": [0.1, 0.2, 0.3], "kind": list("uvw")}, index=index)).splitlines()
    assert lines == [
        "| item | level | x | kind |",
        "|:--|:--|--:|:--|",
        "| a | 1 | 0.10 | u |",
        "|  | 2 | 0.20 | v |",
        "| b | 1 | 0.30 | w |",
    ]


def test_a_label_under_another_first_label_is_repeated():
    index = table_index([("a", "x", 1), ("b", "x", 1)], ["group", "covariate", "n"])
    lines = lc.tables.markdown(pd.DataFrame({"v": [1, 2]}, index=index)).splitlines()
    assert lines[2:] == ["| a | x | 1 | 1 |", "| b | x | 1 | 2 |"]


def test_latex_escapes_every_sign_of_latex():
    body = lc.tables.latex(hostile_table()).split("\\midrule")[1].split("\\bottomrule")[0]
    allowed = re.compile(
        r"\\(textbackslash\{\}|textasciitilde\{\}|textasciicircum\{\}|textless\{\}|textgreater\{\}|[&%$#_{}]|\\\n)"
    )
    left = allowed.sub("", body).replace("$-$", "").replace(" & ", "").replace("{}", "")
    assert not re.search(r"[\\%$#_{}~^<>&]", left), left
    assert not re.search(r"\\\\\s*\[", body)


def test_latex_has_caption_label_and_note():
    table = hostile_table().iloc[:1]
    text = lc.tables.latex(table, caption="Answers.", label="tab:answers")
    assert r"\caption{Answers. Posterior mean [90 \% equal-tailed interval].}" in text
    assert r"\label{tab:answers}" in text
    assert text.startswith("\\begin{table}")


def test_long_tables_repeat_their_header():
    text = lc.tables.latex(hostile_table(), long=True, caption="All.")
    assert text.startswith("\\begin{longtable}{ll")
    assert text.index("\\midrule") < text.index("\\endhead")
    assert text.rstrip().endswith("\\end{longtable}")


@pytest.mark.parametrize("long", [False, True])
def test_latex_compiles(tmp_path, long):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    text = lc.tables.latex(hostile_table(), caption="Hostile.", label="tab:h", long=long)
    head = "\\documentclass{article}\\usepackage{booktabs,longtable}\\begin{document}"
    (tmp_path / "table.tex").write_text(f"{head}\n{text}\n\\end{{document}}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]
