"""Leave out the cells of a notebook that a claim does not need, so that a notebook broken on purpose fails sooner."""

import ast
import builtins

# Called with these, or a method of these called: none of the arguments changes.
HARMLESS = {"claims", "plotting", "plt", "np", "ops", "metrics", "ax", "axes", "figure", *dir(builtins)}
# Random states go on with every draw. A cell that is left out makes the next draw another one, as another seed would.
DRAWN_FROM = {"rng", "draw"}


def root(node):
    """Return the name from which an expression such as `a.b[0].c` starts, or None."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


class Names(ast.NodeVisitor):
    """The names that a cell takes from cells before it (`reads`), and those that it makes or may change (`changes`)."""

    def __init__(self, source):
        self.reads, self.changes, self.local = set(), set(), set()
        self.visit(ast.parse(source))
        self.changes.discard(None)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.local.add(node.id)
            self.changes.add(node.id)
        elif node.id not in self.local:
            self.reads.add(node.id)

    def visit_Assign(self, node):
        for part in (node.value, *node.targets):  # in the order of execution
            self.visit(part)

    def visit_AugAssign(self, node):
        self.visit(node.value)
        self.reads.add(root(node.target))
        self.changes.add(root(node.target))

    def visit_For(self, node):
        for part in (node.iter, node.target, *node.body):
            self.visit(part)

    def visit_Attribute(self, node):
        if isinstance(node.ctx, ast.Store):
            self.changes.add(root(node))
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_Import(self, node):
        names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        self.local |= names
        self.changes |= names

    visit_ImportFrom = visit_Import

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Call):  # a call for what it does: `model.fit(x, y)`, `train(model, images)`
            self.changes |= {root(node.value.func)} - HARMLESS
            self.visit_Call(node.value, for_its_effect=True)
        else:
            self.generic_visit(node)

    def visit_Call(self, node, for_its_effect=False):
        if root(node.func) not in HARMLESS:
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            trained = {root(argument) for argument in given} - DRAWN_FROM
            self.changes |= {name for name in trained if for_its_effect or (name or "").endswith(("model", "net"))}
        self.generic_visit(node)

    def visit_scope(self, node):
        if name := getattr(node, "name", None):
            self.changes.add(name)
            self.local.add(name)
        made = {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
        made |= {argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)}
        loaded = {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)}
        self.reads |= loaded - made - self.local

    visit_FunctionDef = visit_ClassDef = visit_Lambda = visit_scope
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_scope


def states(source, claim):
    """Return whether a cell states a claim whose title, perhaps put together from parts, has the text `claim`."""
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    texts = [text for text in constants if isinstance(text, str) and len(text) >= 15]
    return "claims." in source and any(text in claim or claim in text for text in texts)


def needed(cells, claim, always=()):
    """Return the code cells, of all `cells`, that the claim whose title has the text `claim` needs.

    The last of them states the claim. A cell before it is needed if it makes, or may change, a name that is read later.
    Those that have a text of `always` stay in any case.
    """
    code = [cell for cell in cells if cell.cell_type == "code"]
    last = next(place for place, cell in enumerate(code) if states(cell.source, claim))
    names = [Names(cell.source) for cell in code[: last + 1]]
    kept = {last} | {place for place in range(last) if any(text in code[place].source for text in always)}
    while True:  # a function may read names that are made after it
        reads = {name for place in kept for name in names[place].reads}
        if not (new := {place for place in range(last) if names[place].changes & reads} - kept):
            return [code[place] for place in sorted(kept)]
        kept |= new
