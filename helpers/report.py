"""Show a run while it goes on, and turn its results into tables and HTML pages."""

import html
import re
import shutil
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from helpers.claims import show

PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Course report</title>
<meta name="viewport" content="width=device-width"><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse }} td, th {{ padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #ccc }}
.failed, .no {{ background: #fde0dc }} .skipped {{ background: #fff3cd }}
</style><h1>Course report</h1>{notebooks}<h2>Claims</h2>{claims}<h2>Ran on</h2>{machines}</html>"""
# What TensorFlow says of the machine when it starts; nothing else is left out of the pages.
STARTUP = re.compile(r"^.*(absl::InitializeLog|port\.cc|cudart_stub\.cc|cuda_platform\.cc).*\n?", re.M)
CLAIM_HEAD = ("notebook", "profile", "claim", "value", "bound", "holds")


class Progress:
    """One live line per notebook on a terminal; elsewhere, a line whenever a notebook starts or ends."""

    def __init__(self):
        self._console, self._outcomes, self._begin, self._said = Console(), [], {}, set()
        self._live = Live(console=self._console, get_renderable=self._table, refresh_per_second=2)

    def __enter__(self):
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_):
        self._live.stop()

    def show(self, outcomes):
        """Show the outcomes of all notebooks as they stand now."""
        self._outcomes = outcomes
        for outcome in outcomes:
            if outcome.state != "waiting" and (outcome.name, outcome.state) not in self._said:
                self._said.add((outcome.name, outcome.state))
                self._begin.setdefault(outcome.name, time.monotonic())
                if not self._console.is_terminal:
                    print("  ".join(self._row(outcome)), flush=True)

    def _row(self, outcome):
        seconds = outcome.seconds or time.monotonic() - self._begin.get(outcome.name, time.monotonic())
        return outcome.name, f"cell {outcome.cell} of {outcome.cells}", f"{seconds:.0f} s", outcome.state

    def _table(self):
        table = Table(box=None, show_header=False)
        for outcome in self._outcomes:
            table.add_row(*self._row(outcome))
        return table


def claim_rows(results):
    """Return one row of texts per claim, in the order of `CLAIM_HEAD`."""
    return [
        (name, entry.get("profile", ""), claim["text"], show(claim["value"]),
         f"{claim['relation']} {show(claim['bound'])}", "yes" if claim["held"] else "no")
        for name, entry in results.items()
        for claim in entry.get("claims", [])
    ]  # fmt: skip


def print_claims(results):
    """Print the table of claims."""
    table = Table(*CLAIM_HEAD)
    for row in claim_rows(results):
        table.add_row(*row)
    Console().print(table)


def _html_table(head, rows):
    """Return an HTML table; the last text of a row is its CSS class, and a text that begins with `<a` is kept."""
    lines = ["<table><tr>" + "".join(f"<th>{text}</th>" for text in head)]
    for row in rows:
        cells = "".join(f"<td>{text if text.startswith('<a') else html.escape(text)}" for text in row)
        lines.append(f'<tr class="{row[-1]}">{cells}')
    return "\n".join(lines) + "</table>"


def write_report(out, results):
    """Write `out/report/index.html` and a page per executed notebook, all usable offline; return the index's path."""
    import jupyter_server_mathjax
    import nbformat
    from nbconvert import HTMLExporter

    folder = out / "report"
    mathjax = Path(jupyter_server_mathjax.__file__).with_name("static")
    shutil.copytree(mathjax, folder / "mathjax", dirs_exist_ok=True)
    exporter = HTMLExporter(mathjax_url="mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe", require_js_url="")
    rows, machines = [], set()
    for name, entry in results.items():
        link, source = name, out / "executed" / f"{name}.ipynb"
        if source.exists():
            notebook = nbformat.read(source, 4)
            for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
                if output.output_type == "stream" and output.name == "stderr":
                    output.text = STARTUP.sub("", output.text)
            body, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": name}})
            (folder / f"{name}.html").write_text(body, encoding="utf-8")
            link = f'<a href="{name}.html">{name}</a>'
        said = "; ".join(filter(None, [*entry.get("data", []), entry.get("error", "")]))
        seconds, state = f"{entry.get('seconds', 0):.0f}", entry.get("state", "run by hand")
        rows.append((link, entry.get("profile", ""), str(entry.get("seed", "")), said, seconds, state))
        if on := entry.get("ran_on"):
            packages = ", ".join(f"{name} {number}" for name, number in on["packages"].items())
            machines.add(f"<p>Python {on['python']}, {on['system']}, {on['cores']} cores, TensorFlow threads: "
                         f"{on['threads']}; {packages}</p>")  # fmt: skip
    page = PAGE.format(
        notebooks=_html_table(("notebook", "profile", "seed", "data", "seconds", "state"), rows),
        claims=_html_table(CLAIM_HEAD, claim_rows(results)),
        machines="".join(sorted(machines)),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
    return folder / "index.html"
