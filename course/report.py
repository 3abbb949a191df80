"""Show a run while it goes on, and turn its results into tables and HTML pages."""

import re
import shutil
from pathlib import Path

from rich import progress

from helpers.claims import show

# What TensorFlow says of the machine when it starts; nothing else is left out of the pages.
STARTUP = re.compile(r"^.*(absl::InitializeLog|port\.cc|cudart_stub\.cc|cuda_platform\.cc).*\n?", re.M)
WIDGET = "application/vnd.jupyter.widget-view+json"
# The font that jupyter-server-mathjax brings; MathJax would look for another.
FONT = 'MathJax.Hub.Config({"HTML-CSS": {availableFonts: [], webFont: "STIX-Web"}})'


class Progress(progress.Progress):
    """One live line per notebook on a terminal; elsewhere, a line whenever a notebook starts or ends."""

    def __init__(self):
        cells = progress.TextColumn("cell {task.completed} of {task.total}")
        super().__init__("{task.description}", cells, progress.TimeElapsedColumn(), "{task.fields[state]}")
        self.disable, self._tasks_by_name, self._said = not self.console.is_terminal, {}, set()

    def show(self, outcomes):
        """Show the outcomes of all notebooks as they stand now."""
        for one in outcomes:
            if one.name not in self._tasks_by_name:
                self._tasks_by_name[one.name] = self.add_task(one.name, start=False, state="")
            task = self._tasks_by_name[one.name]
            self.update(task, completed=one.cell, total=one.cells, state=one.state)
            if one.state != "waiting" and (one.name, one.state) not in self._said:
                self._said.add((one.name, one.state))
                self.start_task(task) if one.state == "running" else self.stop_task(task)
                if self.disable:
                    print(f"{one.name}  cell {one.cell} of {one.cells}  {one.seconds:.0f} s  {one.state}", flush=True)


def markdown_table(head, rows):
    """Return a Markdown table of texts."""
    lines = ("| " + " | ".join(text.replace("|", r"\|") for text in row) + " |" for row in rows)
    return "\n".join(["| " + " | ".join(head) + " |", "| --- " * len(head) + "|", *lines])


def claims_table(results):
    """Return the Markdown table of all claims."""
    rows = []
    for name, entry in results.items():
        for claim in entry.get("claims", []):
            bound, held = f"{claim['relation']} {show(claim['bound'])}", "yes" if claim["held"] else "**no**"
            rows.append((name, entry.get("profile", ""), claim["text"], show(claim["value"]), bound, held))
    return markdown_table(("notebook", "profile", "claim", "value", "bound", "holds"), rows)


def write_report(out, results):
    """Write `out/report/index.html` and a page per executed notebook, all usable offline; return the index's path."""
    import jupyter_server_mathjax
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(mathjax_url="mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe", require_js_url="")
    mathjax, folder = Path(jupyter_server_mathjax.__file__).with_name("static"), out / "report"
    shutil.copytree(mathjax, folder / "mathjax", dirs_exist_ok=True)

    def write_page(name, notebook):
        body, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": name}})
        body = body.replace("<head>", f'<head><script type="text/x-mathjax-config">{FONT}</script>', 1)
        (folder / f"{name}.html").write_text(body, encoding="utf-8")

    rows, machines = [], set()
    for name, entry in results.items():
        source = out / "executed" / f"{name}.ipynb"
        if source.exists():
            notebook = nbformat.read(source, 4)
            for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
                for output in (output for output in cell.outputs if output.get("name") == "stderr"):
                    output.text = STARTUP.sub("", output.text)
                cell.outputs = [o for o in cell.outputs if o.get("text") != "" and WIDGET not in o.get("data", ())]
            notebook.metadata.pop("widgets", None)  # a slider without a kernel; its page would ask the network for code
            write_page(name, notebook)
        link = f"[{name}]({name}.html)" if source.exists() else name
        said = "; ".join(filter(None, [*entry.get("data", []), entry.get("error")])).replace("\n", " ")
        state = entry.get("state", "run by hand").replace("failed", "**failed**")
        rows.append((link, entry.get("profile", ""), said, f"{entry.get('seconds', 0):.0f}", state))
        machines.add(", ".join(f"{part} {value}" for part, value in entry.get("ran_on", {}).items()))
    text = ["# Course report", markdown_table(("notebook", "profile", "data", "seconds", "state"), rows)]
    text += ["## Claims", claims_table(results), "## Ran on", *sorted(machines)]
    write_page("index", nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("\n\n".join(text))]))
    return folder / "index.html"
