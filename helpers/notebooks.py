"""Find the notebooks, and borrow from one of them what it defines."""

import ast
import json
import linecache
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


class NotebookUnknown(ValueError):
    """There is no notebook of this number or name."""


def choose(wanted):
    """Return the paths of the notebooks whose number or name is in `wanted`; all of them if it is empty."""
    paths = {path.stem: path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}
    names = {name: stem for stem in paths for name in (stem, stem.split("_")[0])}
    if unknown := [name for name in wanted if name not in names]:
        raise NotebookUnknown(f"There is no notebook {unknown[0]!r}; there are: {', '.join(paths)}.")
    return [paths[stem] for stem in sorted({names[name] for name in wanted} or paths)]


def definitions(notebook):
    """Return the imports, functions, classes and CONSTANTS that a notebook (number or name) shows, as attributes.

    Nothing else of it is run. So another notebook, a test or a benchmark uses the very lines that a reader sees.
    """
    (path,) = choose([notebook])
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = "".join("".join(cell["source"]) + "\n" for cell in cells if cell["cell_type"] == "code")
    tree, kept = ast.parse(source), (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    constants = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).isupper()]
    tree.body = [node for node in tree.body if isinstance(node, kept) or node in constants]
    file = f"<{path.stem}>"  # tf.function looks for the module and the source lines of a function
    module = sys.modules[path.stem] = ModuleType(path.stem)
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    exec(compile(tree, file, "exec"), vars(module))
    return module
