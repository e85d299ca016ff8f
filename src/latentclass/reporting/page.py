"""The page around the sections: one file that needs nothing from anywhere else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from latentclass.reporting.html import Html, element, join
from latentclass.reporting.section import Section

__all__ = ["page"]


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        Title of the page.
    lead : str
        What stands below it.
    sections : sequence of Section
        The sections in their order.

    Returns
    -------
    str
        HTML with style and script inside. The page forbids itself to load anything, and to run any script but its own.
    """
    style, script = _asset("report.css"), _asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Names from the survey are escaped; should one ever slip through, no browser would run it.
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    )
    head = join(
        [
            Html('<meta charset="utf-8">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html('<meta name="generator" content="latentclass">'),
            Html('<link rel="icon" href="data:,">'),
            element("title", title),
            Html(f"<style>{style}</style>"),
        ]
    )
    places = [f"section-{number}" for number in range(1, len(sections) + 1)]
    links = [element("li", element("a", s.title, href=f"#{place}")) for s, place in zip(sections, places, strict=True)]
    body = [
        element("header", element("h1", title), element("p", lead, class_="lead")),
        element("nav", element("ol", *links), aria_label="Contents"),
        element("main", *(_section(*numbered) for numbered in enumerate(sections, start=1))),
        Html(f"<script>{script}</script>"),
    ]
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head.text}</head><body>{join(body).text}</body></html>\n'


def _section(number: int, section: Section) -> Html:
    place = f"section-{number}"
    heading = element("h2", f"{number}. {section.title}", id=f"{place}-title")
    return element("section", heading, *section.body, id=place, aria_labelledby=f"{place}-title")


def _asset(name: str) -> str:
    return files("latentclass.reporting").joinpath(name).read_text(encoding="utf-8")
