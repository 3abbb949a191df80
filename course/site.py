"""Make the site, one page per notebook as it was executed, from a run's results and the texts in `docs/`."""

import base64
import hashlib
import importlib.resources
import json
import re
import shutil

import nbformat

from course import catalogue, questions, report
from course.run import STARTUP
from helpers import claims
from helpers.notebooks import ROOT, choose

BAR = re.compile(r"[^\r\n]*\d+%\|[^\r\n]*\]")  # a progress bar as it was at some time
WIDGET = "application/vnd.jupyter.widget-view+json"
ROW = re.compile(r"^\| (?P<term>[^|]+?) \| (?P<meaning>[^|]+?) \| \[(?P<notebook>\w+)\]\([^)]*\) \|", re.M)


class SiteBroken(ValueError):
    """Sphinx warns of a dead link or of another fault."""


def build(out, results):
    """Write `out/site/` from `out/executed/` and the results of a run; return the path of its first page.

    A notebook that was not executed gets a page without outputs. Raises SiteBroken for what Sphinx warns of, and leaves
    an earlier site in its place then.
    """
    source, site = out / "site-source", out / "site"
    shutil.rmtree(source, ignore_errors=True)
    lay_out(out, source, results)
    made = make_pages(source, out / "site-new")
    for path in choose([]):  # what the download button gives: the notebook as it is stored
        shutil.copy(path, made / "_sources" / "notebooks" / path.name)
    shutil.rmtree(site, ignore_errors=True)
    made.rename(site)
    return site / "index.html"


def build_one(executed, entry, site):
    """Write a page with one executed notebook, its code folded, to the folder `site`; return the path of the page."""
    source = site.with_name(site.name + "-source")
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "notebooks" / "figures", source / "figures")
    notebook = nbformat.read(executed, 4)
    (source / "alternatives.json").write_text(json.dumps(alternatives(notebook)), encoding="utf-8")
    for cell in notebook.cells:  # the injected parameters among them: whoever reads a report wants to see them
        cell.metadata["tags"] = ["hide-input"] if cell.cell_type == "code" else []
    prepare(notebook, ran(entry, "claims"), [])
    nbformat.write(notebook, source / "index.ipynb")
    plain = {"html_theme_options": {}, "html_sidebars": {"**": []}}
    made = make_pages(source, site.with_name(site.name + "-new"), plain)
    shutil.rmtree(source)
    shutil.rmtree(site, ignore_errors=True)
    made.rename(site)
    return site / "index.html"


def make_pages(source, made, settings=None):
    """Let Sphinx make HTML pages from the folder `source` in the folder `made`, and return it; raises SiteBroken."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    shutil.rmtree(made, ignore_errors=True)
    (made / "_static").mkdir(parents=True)
    shutil.copy(importlib.resources.files("sphinx-mathjax-offline") / "static/mathjax/tex-svg.js", made / "_static")
    log, doctrees = source / "warnings.txt", made.with_name(made.name + "-doctrees")
    with open(log, "w", encoding="utf-8") as stream, patch_docutils(), docutils_namespace():
        options = {"status": None, "warning": stream, "freshenv": True, "parallel": 2, "confoverrides": settings}
        Sphinx(source, ROOT / "docs", made, doctrees, "html", **options).build()
    for left in (doctrees, made.parent / "jupyter_execute"):
        shutil.rmtree(left)
    if warnings := log.read_text(encoding="utf-8").strip():
        raise SiteBroken(f"The site has a fault: {warnings.splitlines()[0]} (all of them: {log})")
    return made


def lay_out(out, source, results):
    """Write the sources of all pages, and the files beside them."""
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("conf.py", "_static"))
    shutil.copytree(ROOT / "notebooks" / "figures", source / "notebooks" / "figures")
    for page in (ROOT / "CONTRIBUTING.md", *(ROOT / "data").glob("*.md"), *(ROOT / "data" / "weights").glob("*.md")):
        (source / page.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(page, source / page.relative_to(ROOT))
    rows = [match.groupdict() for match in ROW.finditer((source / "glossary.md").read_text(encoding="utf-8"))]
    alts = {}
    for path in choose([]):
        entry, executed = results.get(path.stem, {}), out / "executed" / path.name
        notebook = nbformat.read(executed if "state" in entry and executed.exists() else path, 4)
        alts |= alternatives(notebook)
        terms = [row["term"] for row in rows if row["notebook"] == path.stem]
        prepare(notebook, ran(entry, "[claims](../results.md)"), terms)
        nbformat.write(notebook, source / "notebooks" / path.name)
    (source / "alternatives.json").write_text(json.dumps(alts), encoding="utf-8")
    for page in source.glob("*.md"):  # as on the site, the folders of notebooks and data lie beside these pages
        page.write_text(page.read_text(encoding="utf-8").replace("](../", "]("), encoding="utf-8")
    link_glossary(source / "glossary.md")
    write_index(source / "index.md", results)
    asked = (source / "questions.md").read_text(encoding="utf-8").replace("<!-- questions -->", questions.page())
    (source / "questions.md").write_text(asked, encoding="utf-8")
    write_results(source / "results.md", results)


def alternatives(notebook):
    """Return the text alternatives of a notebook's figures by the SHA-256 of the PNG."""
    return {hashlib.sha256(picture).hexdigest(): alt for alt, picture in figures(notebook).items()}


def figures(notebook):
    """Return the PNG files that an executed notebook shows, by their text alternatives."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return {
        output.metadata["image/png"]["alt"]: base64.b64decode(output.data["image/png"])
        for output in outputs
        if "image/png" in output.get("data", {}) and "alt" in output.metadata.get("image/png", {})
    }


def prepare(notebook, how, terms):
    """Turn an executed notebook into the source of its page: solutions are folded, terms link to the glossary.

    `how` is the sentence that says how it was run.
    """
    notebook.metadata.pop("widgets", None)  # a slider without a kernel; its page would ask the network for code
    notebook.cells = [cell for cell in notebook.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for output in (output for output in cell.outputs if output.get("name") == "stderr"):
                output.text = STARTUP.sub("", BAR.sub("", output.text))
            cell.outputs = [o for o in cell.outputs if o.get("text", "-").strip() and WIDGET not in o.get("data", ())]
            for data in (output.get("data", {}) for output in cell.outputs):
                if data.get("text/html", "").startswith("<pre"):  # `summary()` in colours that are hard to read
                    del data["text/html"]
            if "nbgrader" in cell.metadata:
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
                prompt = "a solution" if cell.metadata.nbgrader.solution else "the test of the answer"
                cell.metadata["mystnb"] = {"code_prompt_show": f"Show {prompt}", "code_prompt_hide": f"Hide {prompt}"}
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(how, id="ran-on"))
    for term in terms:
        link_term(notebook, term)


def ran(entry, word):
    """Return a line that says how a notebook was run, and whether its claims held; `word` is their name there."""
    if "state" not in entry:
        return "*Not run yet: this page has no outputs.*"
    on, held = entry.get("ran_on", {}), [claim["held"] for claim in entry.get("claims", [])]
    shown = {"python": "Python ", "tensorflow": "TensorFlow ", "keras": "Keras ", "system": ""}
    where = ", ".join(name + on[key] for key, name in shown.items() if key in on)
    return (
        f"*{entry['state'].capitalize()} in {entry['seconds']:.0f} seconds, profile {entry.get('profile', '?')}, seed "
        f"{entry.get('seed', '?')}; {sum(held)} of {len(held)} {word} hold. {where}.*"
    )


def slug(term):
    """Return a term as part of an HTML id."""
    return re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def link_term(notebook, term):
    """Link the first place where a notebook has a term in bold to the glossary, and make it a target itself."""
    pattern = re.compile(r"\*\*(" + re.escape(term).replace(r"\ ", r"\s+") + r"[.,:;]?)\*\*", re.I)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and pattern.search(cell.source):
            link = rf"[**\1**](../glossary.md#term-{slug(term)}){{#use-{slug(term)}}}"
            cell.source = pattern.sub(link, cell.source, count=1)
            return


def link_glossary(path):
    """Make each term of the glossary a target, and link it to the place where its notebook introduces it."""

    def row(match):
        term, meaning, name = match["term"], match["meaning"], match["notebook"]
        return f"| [{term}]{{#term-{slug(term)}}} | {meaning} | [{name}](notebooks/{name}.ipynb#use-{slug(term)}) |"

    path.write_text(ROW.sub(row, path.read_text(encoding="utf-8")), encoding="utf-8")


def write_index(path, results):
    """Fill the first page: the cards of the parts, and the lists from which the sections of the site are made."""
    text, cards, sections = path.read_text(encoding="utf-8"), [], []
    for part, notebooks in catalogue.PARTS.items():
        grid = "\n".join(card(path.parent, name, line, results.get(name, {})) for name, line in notebooks.items())
        cards.append(f"## {part}\n\n::::{{grid}} 1 2 2 3\n:gutter: 3\n\n{grid}::::")
        names = "\n".join(f"notebooks/{name}" for name in notebooks)
        sections.append(f":::{{toctree}}\n:hidden:\n:caption: {part}\n\n{names}\n:::")
    for mark, parts in (("<!-- parts -->", cards), ("<!-- sections -->", sections)):
        text = text.replace(mark, "\n\n".join(parts))
    path.write_text(text, encoding="utf-8")


def card(source, name, line, entry):
    """Return the card of a notebook on the first page; its picture is a figure that the notebook has drawn."""
    notebook = nbformat.read(source / "notebooks" / f"{name}.ipynb", 4)
    title = notebook.cells[0].source.partition("\n")[0].removeprefix("# ")
    lines = [f":::{{grid-item-card}} {title}", f":link: notebooks/{name}", ":link-type: doc"]
    cover = next((alt for alt in figures(notebook) if alt.startswith(catalogue.COVERS[name])), None)
    if cover:
        (source / "pictures" / f"{name}.png").write_bytes(figures(notebook)[cover])
        lines += [f":img-top: pictures/{name}.png", f":img-alt: {cover}"]
    seconds = f" *{entry['seconds']:.0f} s*" if "seconds" in entry else ""
    return "\n".join([*lines, "", line[0].upper() + line[1:] + "." + seconds, ":::", ""])


def write_results(path, results):
    """Fill the page of results: this run's claims, and those of stored runs of the profile `full`."""
    stored = claims.read_results(ROOT / "benchmarks" / "results" / "full.json")
    runs = [*results.items(), *((name, entry) for name, entry in stored.items() if "full" in str(entry["data"]))]
    runs = [(name, entry) for name, entry in runs if name in catalogue.LEARN]
    linked = report.claims_table(runs, lambda name: f"[{name}](notebooks/{name}.ipynb)")
    text = path.read_text(encoding="utf-8").replace("<!-- claims -->", linked)
    path.write_text(text, encoding="utf-8")
