"""What the tests share: whole notebooks, each executed once for all tests, go first; small ones are easily made."""

import os
from contextlib import suppress

import nbformat
import pytest
from filelock import FileLock, Timeout

from course import run, site
from helpers import claims, datasets, notebooks

os.environ.update(run.contained_environment() | {"MPLBACKEND": "agg"})


def pytest_collection_modifyitems(items):
    """Whole notebooks first, the longest before the others, then the site that is made of them."""
    longest = ("04b", "03", "07", "06", "05_", "05b", "08b", "08_")
    items.sort(
        key=lambda item: (
            "notebook" not in item.keywords,
            "site" in item.keywords,
            "full" not in item.keywords,
            next((place for place, name in enumerate(longest) if f"[{name}" in item.name), len(longest)),
        )
    )


def pytest_runtest_setup(item):
    """Show a test of the full data as skipped, with the loader's own sentence, where they are not at hand."""
    if "full" in item.keywords:
        try:
            datasets.local_files("mnist")
        except datasets.DataMissing as missing:
            pytest.skip(str(missing))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """Return a folder that all worker processes of this session share."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def executed(shared_folder):
    """Return a function that gives a notebook's entry of the results file, after executing it if no test has yet.

    While another worker process executes it, the function waits, or raises filelock.Timeout if `blocking` is False.
    """
    parameters = {path.stem: run.check_parameters(path, {"PROFILE": "quick"}) for path in notebooks.choose([])}

    def entry(path, blocking=True):
        with FileLock(shared_folder / f"{path.stem}.lock", blocking=blocking):
            if "state" not in claims.read_results(shared_folder / "results.json").get(path.stem, {}):
                run.run([path], shared_folder, parameters)
        return claims.read_results(shared_folder / "results.json")[path.stem]

    return entry


@pytest.fixture(scope="session")
def course_site(shared_folder, executed):
    """Return the folder of the site, made once from all notebooks."""
    for path in notebooks.choose([]):
        with suppress(Timeout):  # it is being executed: go on with the others
            executed(path, blocking=False)
    for path in notebooks.choose([]):
        executed(path)
    with FileLock(shared_folder / "site.lock"):
        if not (shared_folder / "site" / "index.html").exists():
            site.build(shared_folder, claims.read_results(shared_folder / "results.json"))
    return shared_folder / "site"


@pytest.fixture
def make_notebook(tmp_path):
    """Return a function that writes a notebook of the given code cells; the first holds the parameters."""

    def make(name, *sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        cells[0].metadata["tags"] = ["parameters"]
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
        return path

    return make
