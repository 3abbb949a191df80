"""The exercises of a notebook: found in it, taken apart, and left out of copies for readers and students.

The format of the cells is nbgrader's: a task in Markdown, a cell with the solution between markers, a cell with tests
and points.
"""

import ast
import re
from dataclasses import dataclass

import nbformat

KINDS = ("predict", "write", "repair", "read", "design")
TITLE = re.compile(r"\*\*(\d)\. (.+?)\*\* \((\w+), (★{1,3})\)\.")
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$", re.M | re.S)
HIDDEN = re.compile(r"\n*^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS$", re.M | re.S)
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"  # as nbgrader writes it


class ExerciseBroken(ValueError):
    """A cell of an exercise lacks what its format asks for."""


@dataclass(frozen=True)
class Exercise:
    """One exercise; `names` are those that its solution cell defines, functions and values."""

    grade_id: str
    number: int
    title: str
    kind: str
    stars: int
    task: str
    solution: str
    test: str
    points: int
    names: tuple


def of(notebook):
    """Return the exercises of a notebook (a path or a NotebookNode), in order.

    Raises ExerciseBroken where a task has no title with kind and stars, or a solution has no markers or no test.
    """
    cells = notebook.cells if hasattr(notebook, "cells") else nbformat.read(notebook, 4).cells
    tests = {cell.metadata.nbgrader.grade_id: cell for cell in cells if role(cell) == "test"}
    found = []
    for place, cell in enumerate(cells):
        if role(cell) != "solution":
            continue
        name, title = cell.metadata.nbgrader.grade_id, TITLE.search(cells[place - 1].source)
        if not title or title[3] not in KINDS:
            raise ExerciseBroken(
                f"The cell before `{name}` needs a title such as **1. Rings** (predict, ★★). "
                f"The kinds are: {', '.join(KINDS)}."
            )
        if not SOLUTION.search(cell.source) or f"{name}-test" not in tests:
            raise ExerciseBroken(f"`{name}` needs a solution between its markers, and a cell `{name}-test`.")
        test = tests[f"{name}-test"]
        found.append(
            Exercise(
                name, int(title[1]), title[2], title[3], len(title[4]), cells[place - 1].source[title.start() :],
                cell.source, test.source, test.metadata.nbgrader.points, defined(cell.source),
            )
        )  # fmt: skip
    return found


def role(cell):
    """Return what a cell is in nbgrader's format: solution, test or nothing of these."""
    entry = cell.metadata.get("nbgrader", {})
    return "solution" if entry.get("solution") else "test" if entry.get("grade") else ""


def defined(source):
    """Return the names that the top level of a cell defines, in order: functions, classes and values."""
    names = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] = None
        elif isinstance(node, ast.Assign):
            parts = [part for target in node.targets for part in ast.walk(target)]
            names |= dict.fromkeys(part.id for part in parts if isinstance(part, ast.Name))
    return tuple(names)


def answered(source, answer):
    """Return a solution cell with `answer`, lines of code, in the place of what stands between the markers."""

    def indented(match):
        return "\n".join(match[1] + line if line else line for line in answer.split("\n"))

    return SOLUTION.sub(indented, source)


def without_solutions(notebook, hidden_tests=True):
    """Return a copy of a notebook for readers: each solution is left for them to write.

    With `hidden_tests=False`, for students: hidden tests are left out as well.
    """
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if role(cell) == "solution":
            cell.source = answered(cell.source, STUB)
        elif role(cell) == "test" and not hidden_tests:
            cell.source = HIDDEN.sub("", cell.source)
    return copy
