"""How Sphinx makes the site; `course/site.py` lays out the pages and calls it."""

import json
import tomllib
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).resolve().parents[1]
project_table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "The image-classification course that runs"
author = "the authors of the course"
copyright = "the authors of the course; text and figures CC BY 4.0, code MIT"
version = release = project_table["version"]
extensions = ["myst_nb", "sphinx_design"]
nitpicky = True

nb_execution_mode = "off"  # pages show what `make run` has executed
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = True

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_sidebars = {"**": ["navbar-logo.html", "search-field.html", "sbt-sidebar-nav.html"]}
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_show_search_summary = False  # it is fetched, which a browser refuses on pages opened from the file system
html_show_sphinx = False
html_use_index = False
html_theme_options = {
    "repository_url": project_table["urls"]["Repository"],
    "repository_branch": "main",
    "path_to_docs": "",
    "use_repository_button": True,
    "use_download_button": True,
    "launch_buttons": {
        "colab_url": "https://colab.research.google.com",
        "binderhub_url": "https://mybinder.org",
        "notebook_interface": "jupyterlab",
    },
    "navbar_persistent": [],  # the search field is in the sidebar
    "show_toc_level": 2,
}

# One file, which draws formulas as SVG (sphinx-mathjax-offline carries it): no font has to be found.
mathjax_path = "tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False, "processHtmlClass": "math"}}
myst_update_mathjax = False  # the names of the classes stand above


def set_alternatives(app, document):
    """Give each figure of a notebook the text alternative that `plotting.show` has stored beside it."""
    alternatives = json.loads(Path(app.srcdir, "alternatives.json").read_text(encoding="utf-8"))
    for image in document.findall(nodes.image):
        image["alt"] = alternatives.get(Path(image["uri"]).stem, image.get("alt", ""))


def name_folds_by_their_text(app, pagename, templatename, context, doctree):
    """Let screen readers read what a folded cell says of itself, which myst-nb hides behind a label."""
    context["body"] = context.get("body", "").replace('<summary aria-label="Toggle hidden content">', "<summary>")


def setup(app):
    """Called by Sphinx."""
    app.connect("doctree-read", set_alternatives)
    app.connect("html-page-context", name_folds_by_their_text)
    return {"parallel_read_safe": True}
