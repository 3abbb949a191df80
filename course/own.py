"""Execute notebook 10 on a folder of one's own images: the report, its page, and a bundle that predicts."""

import csv
import json
import shutil
from pathlib import Path

import nbformat

from course import run as runner
from course import site
from helpers import claims
from helpers.notebooks import ROOT, choose

NAME = "10_your_own_images"
LAST = "## What we learnt"  # from here on the notebook is for learners
MISSED = "ClaimMissed: Your bound"  # the bounds come when everything has been written
DAY = 24 * 3600  # seconds that a cell may take
OUT = ROOT / "build" / "own"


def report(folder, name, given, on_change):
    """Execute the notebook on a folder or CSV file; return its Outcome, and the folder with what came out.

    That is `build/own/NAME/`; results file and predictions of an earlier run are kept in its `before/`. Without a
    folder the notebook uses its embedded images. `given` are texts of parameters by name. The images are only read.
    """
    source = str(folder.resolve()) if folder else ""
    out = OUT / (name or (Path(source).stem if folder and folder.is_file() else Path(source).name) or "example")
    (path,) = choose([NAME])
    parameters = runner.check_parameters(path, given | {"FOLDER": source, "OUT": str(out.resolve())})
    if folder and not folder.exists():
        raise runner.UsageError(f"There is no folder or CSV file {folder}.")
    belongs_to(out, source)
    keep_earlier(out)
    copy = out / "source" / path.name
    write_report_notebook(path, copy, Path(source).name or "the example")
    settings = {"TF_ENABLE_ONEDNN_OPTS": "1", "OPENBLAS_NUM_THREADS": "1"}  # TensorFlow on all cores; BLAS loses by it
    (outcome,) = runner.run([copy], out, {NAME: parameters}, 1, DAY, on_change, settings=settings)
    shutil.rmtree(copy.parent)
    return outcome, out


def belongs_to(out, source):
    """Note of which folder, a text, `out` holds the results; raise UsageError if it is another one."""
    note = out / "folder.txt"
    if note.exists() and (other := note.read_text(encoding="utf-8")) != source:
        raise runner.UsageError(
            f"{out} holds the report on {other or 'the example'}. Give the one on {source or 'the example'} another "
            "name: --name NAME (with make: NAME=...)."
        )
    out.mkdir(parents=True, exist_ok=True)
    note.write_text(source, encoding="utf-8")


def keep_earlier(out):
    """Copy results file and predictions of an earlier run to `before/`, if it got to its end or to a bound."""
    entry = claims.read_results(out / "results.json").get(NAME, {})
    if entry.get("state") == "passed" or MISSED in entry.get("error", ""):
        (out / "before").mkdir(exist_ok=True)
        for file in ("results.json", "predictions.csv"):
            shutil.copy(out / file, out / "before" / file)


def write_report_notebook(path, copy, name):
    """Write a notebook with another title, without the text on its example and without what follows the report."""
    notebook = nbformat.read(path, 4)
    starts = [cell.source.startswith(LAST) for cell in notebook.cells]
    cells = notebook.cells[: starts.index(True)]
    notebook.cells = [cell for cell in cells if "example" not in cell.metadata.get("tags", [])]
    notebook.cells[0].source = f"# Report on the images in {name}\n\nBy notebook 10 of the course; its code is folded."
    copy.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, copy)


def page(out):
    """Write the page of the executed notebook to `out/page/`; return its path."""
    entry = claims.read_results(out / "results.json")[NAME]
    return site.build_one(out / "executed" / f"{NAME}.ipynb", entry, out / "page")


def summary(out):
    """Return lines that say what the bundle is worth and where things are."""
    facts = json.loads((out / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    with open(out / "suspects.csv", newline="", encoding="utf-8") as stream:
        suspects = sum(1 for _ in csv.DictReader(stream))
    bundle, images, classes = out / "bundle", facts["test_images"], len(facts["classes"])
    return [
        f"Test accuracy {facts['test_accuracy']:.1%} on {images:,} images of {classes:,} classes.",
        f"Classifier: {bundle} (try: .venv/bin/python -m course predict {bundle} IMAGES)",
        f"Worth a look: {suspects:,} images in {out / 'suspects.csv'}",
    ]
