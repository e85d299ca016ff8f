"""Figures as SVG inside a page: their text stays text, and no two share an id."""

from __future__ import annotations

import io
import re
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, cast
from xml.etree import ElementTree

from latentclass.reporting.html import Html, element

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["picture"]

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#")


def picture(drawn: Axes | Figure, name: str, description: str) -> Html:
    """Return a picture as part of a page.

    Parameters
    ----------
    drawn : matplotlib.axes.Axes or matplotlib.figure.Figure
        The picture; of axes the whole figure.
    name : str
        Begins every id inside, so it is different for every picture of a page.
    description : str
        What the picture shows, for who cannot see it.

    Returns
    -------
    Html
        A figure element with the SVG in it.
    """
    root = ElementTree.fromstring(_svg(cast("Figure", drawn.figure)))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for node in root.iter():
        _prefix(node, name)
    # What the style sheet that was taken out says; inside a page it would be about the page.
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt", "role": "img", "aria-label": description}
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return element("figure", Html(ElementTree.tostring(root, encoding="unicode")))


def _svg(figure: Figure) -> str:
    matplotlib = import_module("matplotlib")
    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "latentclass"}), warnings.catch_warnings():
        # The reader's browser has the glyphs that matplotlib's font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _prefix(node: ElementTree.Element, name: str) -> None:
    for key, value in node.attrib.items():
        if key == "id":
            node.attrib[key] = f"{name}-{value}"
        elif key in ("href", f"{{{_XLINK}}}href") and value.startswith("#"):
            node.attrib[key] = f"#{name}-{value[1:]}"
        elif "url(#" in value:
            node.attrib[key] = _REFERENCE.sub(f"url(#{name}-", value)
