"""Tables written down in Markdown and LaTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from latentclass.tables.intervals import NOTE, intervals

__all__ = ["Grid", "latex", "markdown"]

_MARKDOWN = re.compile(r"([\\`*_|~#$])")
_NUMERIC_CELL = re.compile(r"[-+\d.,\[\]%\s]*")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table as rows of text.

    Parameters
    ----------
    header : tuple of str
        Names of the index levels, then of the columns.
    rows : tuple of tuple of str
        Labels, then cells. A label that repeats that of the row above, with all labels before it, is empty.
    n_labels : int
        How many of the columns are labels.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_labels: int

    @classmethod
    def of(cls, table: pd.DataFrame) -> Grid:
        """Return the grid of a table of text.

        Parameters
        ----------
        table : DataFrame
            What `intervals` returns.

        Returns
        -------
        Grid
            The grid.

        Examples
        --------
        >>> index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["item", "level"])
        >>> Grid.of(pd.DataFrame({"x": ["0.1", "0.9"]}, index=index)).rows
        (('a', '1', '0.1'), ('', '2', '0.9'))
        """
        labels = [key if isinstance(key, tuple) else (key,) for key in table.index]
        names = ["" if name is None else str(name) for name in table.index.names]
        rows, above = [], ()
        for own, cells in zip(labels, table.itertuples(index=False, name=None), strict=True):
            same = [own[: j + 1] == above[: j + 1] and j < len(own) - 1 for j in range(len(own))]
            shown = ["" if repeated else str(label) for label, repeated in zip(own, same, strict=True)]
            rows.append((*shown, *map(str, cells)))
            above = own
        return cls(header=(*names, *map(str, table.columns)), rows=tuple(rows), n_labels=len(names))

    def right_aligned(self) -> list[bool]:
        """Return for each column whether it holds numbers.

        Returns
        -------
        list of bool
            In the order of the header.
        """
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.header)
        return [
            j >= self.n_labels and all(_NUMERIC_CELL.fullmatch(cell) for cell in column)
            for j, column in enumerate(columns)
        ]


def markdown(
    table: pd.DataFrame, *, digits: int | None = None, percent: bool = False, by_class: bool = True, note: bool = True
) -> str:
    """Return a table in Markdown, as a pipe table.

    Parameters
    ----------
    table : DataFrame
        What a method of a fit returns, such as ``fit.profiles()``.
    digits : int, optional
        Digits after the point; 2 by default, 0 for per cent.
    percent : bool
        Whether estimates are multiplied by 100.
    by_class : bool
        Whether classes become columns where they can.
    note : bool
        Whether a line below says what the interval is.

    Returns
    -------
    str
        The table. What Markdown or HTML would read as a sign in names of items, levels and classes is escaped.

    Raises
    ------
    LatentClassError
        When it is no table, or the number of digits is none.

    See Also
    --------
    latentclass.tables.intervals : The text of the cells.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("A", "posted", "yes"), ("B", "posted", "yes")])
    >>> table = pd.DataFrame({"mean": [0.2, 0.7], "eti90_lb": [0.1, 0.6], "eti90_ub": [0.3, 0.8]}, index=index)
    >>> print(markdown(table.rename_axis(["class", "item", "level"]), percent=True, note=False))
    | item | level | A | B |
    |:--|:--|--:|--:|
    | posted | yes | 20 [10, 30] | 70 [60, 80] |
    """
    text = intervals(table, digits=digits, percent=percent, by_class=by_class)
    grid = Grid.of(text)
    rule = "|".join("--:" if right else ":--" for right in grid.right_aligned())
    rows = [grid.header, *grid.rows]
    first, *others = [f"| {' | '.join(map(_escape_markdown, row))} |" for row in rows]
    below = ["", text.attrs[NOTE]] if note and text.attrs[NOTE] else []
    return "\n".join([first, f"|{rule}|", *others, *below])


def latex(
    table: pd.DataFrame,
    *,
    caption: str | None = None,
    label: str | None = None,
    digits: int | None = None,
    percent: bool = False,
    by_class: bool = True,
    long: bool = False,
) -> str:
    r"""Return a table in LaTeX, for the package booktabs.

    Parameters
    ----------
    table : DataFrame
        What a method of a fit returns, such as ``fit.profiles()``.
    caption, label : str, optional
        Caption and label of the table. The caption is LaTeX as it is; what the interval is, is added to it.
    digits : int, optional
        Digits after the point; 2 by default, 0 for per cent.
    percent : bool
        Whether estimates are multiplied by 100.
    by_class : bool
        Whether classes become columns where they can.
    long : bool
        Whether the table may break over pages (package longtable).

    Returns
    -------
    str
        The table. Signs that LaTeX would read in names of items, levels and classes are escaped.

    Raises
    ------
    LatentClassError
        When it is no table, or the number of digits is none.

    See Also
    --------
    latentclass.tables.intervals : The text of the cells.

    Examples
    --------
    >>> table = pd.DataFrame({"mean": [0.2], "eti90_lb": [0.1], "eti90_ub": [0.3]}, index=["R&D"])
    >>> print(latex(table.rename_axis("class"), caption="Sizes."))
    \begin{table}
    \centering
    \caption{Sizes. Posterior mean [90 \% equal-tailed interval].}
    \begin{tabular}{lr}
    \toprule
    class & mean [90 \%] \\
    \midrule
    R\&D & 0.20 [0.10, 0.30] \\
    \bottomrule
    \end{tabular}
    \end{table}
    """
    text = intervals(table, digits=digits, percent=percent, by_class=by_class)
    grid = Grid.of(text)
    said = " ".join(part for part in (caption, _escape_latex(text.attrs[NOTE])) if part)
    about = [*([f"\\caption{{{said}}}"] if said else []), *([f"\\label{{{label}}}"] if label else [])]
    columns = "".join("r" if right else "l" for right in grid.right_aligned())
    header, *rows = [f"{' & '.join(map(_escape_latex, row))} \\\\" for row in (grid.header, *grid.rows)]
    body = ["\\toprule", header, "\\midrule"]
    if long:
        end = f"{' '.join(about)} \\\\" if about else ""
        begin = f"\\begin{{longtable}}{{{columns}}}"
        lines = [begin, end, *body, "\\endhead", *rows, "\\bottomrule", "\\end{longtable}"]
        return "\n".join(line for line in lines if line)
    inner = [f"\\begin{{tabular}}{{{columns}}}", *body, *rows, "\\bottomrule", "\\end{tabular}"]
    return "\n".join(["\\begin{table}", "\\centering", *about, *inner, "\\end{table}"])


def _escape_markdown(text: str) -> str:
    one_line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", one_line).replace("](", "]\\(")


def _escape_latex(text: str) -> str:
    one_line = " ".join(text.split())
    escaped = "".join(_LATEX.get(c, c) for c in one_line)
    if _NUMERIC_CELL.fullmatch(one_line):
        return escaped.replace("-", "$-$")
    # After the end of a row LaTeX would take a bracket for its height, and a star for a break that is not allowed.
    return f"{{}}{escaped}" if escaped.startswith(("[", "*")) else escaped
