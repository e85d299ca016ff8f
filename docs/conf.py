"""Settings of the documentation: Sphinx, MyST and numpydoc. Nothing is fetched while it is built or read."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent / "src")]

from latentclass import __version__  # noqa: E402

# They tell at length what they found while they are imported.
for name in ("arviz", "pytensor"):
    logging.getLogger(name).setLevel(logging.WARNING)

project = "latentclass"
copyright = "the latentclass developers"
release = __version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser", "mathml"]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
root_doc = "index"

html_theme = "furo"
html_title = "latentclass"
html_static_path: list[str] = []
html_math_renderer = "mathml"
html_copy_source = False

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
# Pages are read on code hosts too, where links lead to files of the project.
suppress_warnings = ["myst.xref_missing"]

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
