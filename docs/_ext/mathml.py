"""Formulas as MathML, which browsers draw by themselves: no script and no network."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

_log = logging.getLogger(__name__)


def _visit(translator: Any, node: nodes.Element, *, as_block: bool) -> None:
    # Sizes of brackets are what the translator of docutils does not know; browsers stretch them anyway.
    tex = node.astext()
    for size in (r"\Bigg", r"\bigg", r"\Big", r"\big"):
        tex = tex.replace(size, "")
    try:
        found = latex2mathml.tex2mathml(tex, as_block=as_block)
    except (MathError, SyntaxError, ValueError) as error:
        _log.warning("formula %r: %s", tex, error, location=node)
        found = translator.encode(tex)
    translator.body.append(f'<div class="math">{found}</div>' if as_block else found)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer(
        "mathml",
        (lambda translator, node: _visit(translator, node, as_block=False), None),
        (lambda translator, node: _visit(translator, node, as_block=True), None),
    )
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
