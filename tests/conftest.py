"""What the tests share: tools' files stay in the clone, whole notebooks go first, small ones are easily made."""

import os

import nbformat
import pytest

from course import run
from helpers import datasets

os.environ.update(run.contained_environment() | {"MPLBACKEND": "agg"})


def pytest_collection_modifyitems(items):
    """Whole notebooks first, the longest before the others: the cores are busy to the end."""
    longest = ("04b_better", "03_mnist_cnn", "07_transfer", "06_architectures", "05_training_craft", "05b", "08")
    items.sort(
        key=lambda i: (
            "notebook" not in i.keywords,
            "full" not in i.keywords,
            next((place for place, name in enumerate(longest) if name in i.name), len(longest)),
        )
    )


def pytest_runtest_setup(item):
    """Show a test of the full data as skipped, with the loader's own sentence, where they are not at hand."""
    if "full" in item.keywords:
        try:
            datasets.local_files("mnist")
        except datasets.DataMissing as missing:
            pytest.skip(str(missing))


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
