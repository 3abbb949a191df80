"""Take the definitions out of a notebook, so that a test or a benchmark uses the very lines that a reader sees."""

import ast
import json
from pathlib import Path


def definitions(path):
    """Return the imports, functions, classes and CONSTANTS of a notebook by name, and nothing that it computes."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    tree = ast.parse("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    tree.body = [
        node
        for node in tree.body
        if isinstance(node, kept) or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).isupper())
    ]
    names = {}
    exec(compile(tree, str(path), "exec"), names)
    return names
