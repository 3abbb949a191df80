"""The glossary and the notebooks agree: each term is in bold where the glossary says it is introduced, not before."""

import functools
import re

import nbformat
import pytest

from helpers import notebooks

GLOSSARY = notebooks.ROOT / "docs" / "glossary.md"
HEADER = "| term | what it is | introduced in | 中文 |"
NOTEBOOKS = [path.stem for path in notebooks.choose([])]  # in reading order
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in GLOSSARY.read_text(encoding="utf-8").partition(HEADER)[2].splitlines()[2:]
    if line.startswith("|")
]


@functools.cache
def bold(notebook):
    """Return the texts in bold of a notebook's Markdown cells, in lower case."""
    cells = nbformat.read(notebooks.ROOT / "notebooks" / f"{notebook}.ipynb", 4).cells
    text = " ".join(" ".join(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    return {found.lower().rstrip(".,:;") for found in re.findall(r"\*\*(.+?)\*\*", text)}


def test_the_glossary_is_complete_and_in_order():
    assert len(ROWS) >= 100 and all(len(row) == 4 and all(row) for row in ROWS)
    terms = [row[0].lower() for row in ROWS]
    assert terms == sorted(set(terms)), "in alphabetical order, each term once"
    assert all(re.search(r"[\u4e00-\u9fff]", row[3]) for row in ROWS), "each term has its Chinese equivalent"


@pytest.mark.parametrize(("term", "meaning", "link", "chinese"), ROWS, ids=[row[0] for row in ROWS])
def test_each_term_is_in_bold_where_it_is_introduced_and_not_before(term, meaning, link, chinese):
    name = re.fullmatch(r"\[(\w+)\]\(\.\./notebooks/\1\.ipynb\)", link)[1]
    assert name in NOTEBOOKS, f"there is no notebook {name}"
    assert term.lower() in bold(name), f"{name} does not have **{term}**"
    earlier = [other for other in NOTEBOOKS[: NOTEBOOKS.index(name)] if term.lower() in bold(other)]
    assert not earlier, f"{term} is already in bold in {earlier}"
    assert meaning.endswith("."), "one sentence"
