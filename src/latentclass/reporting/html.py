"""HTML as a value of its own: plain text is always escaped, only HTML is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import pandas as pd

from latentclass.tables import intervals
from latentclass.tables.intervals import NOTE
from latentclass.tables.written import Grid

__all__ = ["Html", "element", "join", "paragraph", "preformatted", "table", "unordered"]

_LONG = 24


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML. Nothing but this module and pictures make one from text.

    Parameters
    ----------
    text : str
        The HTML.
    """

    text: str


type Content = str | Html


def element(tag: str, *children: Content, **attributes: str) -> Html:
    """Return an element with its children.

    Parameters
    ----------
    tag : str
        Name of the element.
    *children : str or Html
        Its content; text is escaped.
    **attributes : str
        Its attributes, escaped; an underscore stands for a hyphen, one at the end is dropped (``class_``).

    Returns
    -------
    Html
        The element.

    Examples
    --------
    >>> element("p", "a < b", class_="note").text
    '<p class="note">a &lt; b</p>'
    """
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    opening = "".join(f' {name}="{escape(value)}"' for name, value in named.items())
    return Html(f"<{tag}{opening}>{join(children).text}</{tag}>")


def join(children: Iterable[Content]) -> Html:
    """Return text and HTML one after the other.

    Parameters
    ----------
    children : iterable of str or Html
        The parts; text is escaped.

    Returns
    -------
    Html
        The whole.
    """
    return Html("".join(part.text if isinstance(part, Html) else escape(part) for part in children))


def paragraph(text: str, class_: str = "") -> Html:
    """Return a paragraph.

    Parameters
    ----------
    text : str
        What it says.
    class_ : str
        Class for the style sheet.

    Returns
    -------
    Html
        The paragraph.
    """
    return element("p", text, class_=class_) if class_ else element("p", text)


def preformatted(text: str) -> Html:
    """Return text whose lines and spaces stay as they are.

    Parameters
    ----------
    text : str
        What it says.

    Returns
    -------
    Html
        The block; it can be reached and scrolled by keyboard.
    """
    return element("pre", text, tabindex="0")


def unordered(texts: Iterable[str], class_: str) -> Html:
    """Return a list.

    Parameters
    ----------
    texts : iterable of str
        Its items.
    class_ : str
        Class for the style sheet.

    Returns
    -------
    Html
        The list.
    """
    return element("ul", *(element("li", text) for text in texts), class_=class_)


def table(
    frame: pd.DataFrame, caption: str, *, digits: int | None = None, percent: bool = False, by_class: bool = True
) -> Html:
    """Return a table that can be sorted by a click on the name of a column.

    Parameters
    ----------
    frame : DataFrame
        What a method of a fit returns.
    caption : str
        What it shows; what its intervals are is added.
    digits, percent, by_class
        See `latentclass.tables.intervals`.

    Returns
    -------
    Html
        The table; a long one is folded.
    """
    text = intervals(frame, digits=digits, percent=percent, by_class=by_class)
    named = text.index.nlevels > 1 or text.index.name is not None
    grid = Grid.of(text if named else text.reset_index(drop=True))
    n_labels = grid.n_labels if named else 0
    # Rows are sorted one by one, so each has all its labels.
    labels = [key if isinstance(key, tuple) else (key,) for key in text.index]
    rows = [
        _row([*map(str, own[:n_labels]), *row[grid.n_labels :]], n_labels, right)
        for own, row, right in zip(labels, grid.rows, [grid.right_aligned()] * len(labels), strict=True)
    ]
    header = grid.header[grid.n_labels - n_labels :]
    note = text.attrs[NOTE]
    whole = element(
        "table",
        element("caption", f"{caption} {note}".strip()),
        element("thead", element("tr", *(_head(name) for name in header))),
        element("tbody", *rows),
        class_="sortable",
    )
    scrolled = element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)
    if len(rows) <= _LONG:
        return scrolled
    return element("details", element("summary", f"{caption} ({len(rows)} rows)"), scrolled)


def _head(name: str) -> Html:
    return element("th", element("button", name or "#", type="button"), scope="col")


def _row(cells: list[str], n_labels: int, right: list[bool]) -> Html:
    offset = len(right) - len(cells)
    parts = []
    for j, cell in enumerate(cells):
        if j < n_labels:
            parts.append(element("th", cell, scope="row"))
        else:
            parts.append(element("td", cell, class_="number") if right[j + offset] else element("td", cell))
    return element("tr", *parts)
