"""How Sphinx makes the site; `course/site.py` lays out the pages and calls it."""

import json
import tomllib
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).resolve().parents[1]
project_table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "The image-classification course that runs"
author = copyright = "the authors of the course"
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
html_css_files = ["course.css"]
html_js_files = ["tables.js"]
html_show_search_summary = False  # it is fetched, which a browser refuses on pages opened from the file system
html_show_sphinx = False
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
    "show_toc_level": 2,
}

# MathJax as files, and the font that comes with them (jupyter-server-mathjax); MathJax would look for others.
mathjax_path = "mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe"
mathjax2_config = {
    "HTML-CSS": {"availableFonts": [], "webFont": "STIX-Web"},
    "messageStyle": "none",
    "showMathMenu": False,
    "tex2jax": {"processClass": "tex2jax_process|math"},
}
myst_update_mathjax = False  # it writes the settings of another version of MathJax


def set_alternatives(app, document):
    """Give each figure of a notebook the text alternative that `plotting.show` has stored beside it."""
    alternatives = json.loads(Path(app.srcdir, "alternatives.json").read_text(encoding="utf-8"))
    for image in document.findall(nodes.image):
        image["alt"] = alternatives.get(Path(image["uri"]).stem, image.get("alt", ""))


def setup(app):
    """Called by Sphinx."""
    app.connect("doctree-read", set_alternatives)
    return {"parallel_read_safe": True}
