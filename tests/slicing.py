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


def named(arguments):
    """Return the names that stand as arguments of a call by themselves."""
    return {argument.id for argument in arguments if isinstance(argument, ast.Name)}


class Names(ast.NodeVisitor):
    """What a cell does with names of the notebook, in four sets.

    `reads` takes from cells before it, `stores_into` only puts an item or attribute there, `makes` gives a value to,
    and `changes` may alter what a name stands for.
    """

    def __init__(self, source, imported=frozenset()):
        self.reads, self.stores_into, self.makes, self.changes = set(), set(), set(), set()
        self.visit(ast.parse(source))
        self.changes = {name for name in self.changes - imported - {None} if not name.isupper()}

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.makes.add(node.id)
        elif node.id not in self.makes:
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

    def visit_Subscript(self, node):
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            self.stores_into |= {node.value.id} - self.makes
            self.changes.add(node.value.id)
            self.visit(node.slice)
        else:
            self.generic_visit(node)

    def visit_Attribute(self, node):
        if isinstance(node.ctx, ast.Store):
            self.changes.add(root(node))
        self.generic_visit(node)

    def visit_Import(self, node):
        self.makes |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}

    visit_ImportFrom = visit_Import

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Call) and root(node.value.func) not in HARMLESS:
            self.changes.add(root(node.value.func))  # a call for what it does: `model.fit(x, y)`, `train(model, x, y)`
            self.changes |= named(node.value.args[:1]) - DRAWN_FROM
        self.generic_visit(node)

    def visit_Call(self, node):
        if root(node.func) not in HARMLESS:  # `history = train(model, x, y)`
            self.changes |= {name for name in named(node.args) if name.endswith(("model", "net"))}
        self.generic_visit(node)

    def visit_scope(self, node):
        if name := getattr(node, "name", None):
            self.makes.add(name)
        parts = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        local = {part.id for part in parts if isinstance(part.ctx, ast.Store)}
        local |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        self.reads |= {part.id for part in parts if isinstance(part.ctx, ast.Load)} - local - self.makes

    visit_FunctionDef = visit_ClassDef = visit_Lambda = visit_scope
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_scope


def imported_names(source):
    """Return the names that a cell imports."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(alias.asname or alias.name).partition(".")[0] for node in nodes for alias in node.names}


def states(source, claim):
    """Return whether a cell states a claim whose title, perhaps put together from parts, has the text `claim`."""
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    texts = [text for text in constants if isinstance(text, str) and len(text) >= 15]
    return "claims." in source and any(text in claim or claim in text for text in texts)


def sources(names, place):
    """Return the places of the cells that the cell at `place` takes a name from, given the Names of all cells.

    For each name that is the last cell before it that makes the name, and those between the two that may change what it
    stands for; if none before it makes the name, as for the body of a function, the first one after it.
    """
    found = set()
    for name in names[place].reads | names[place].stores_into:
        before = [other for other in range(place) if name in names[other].makes]
        after = [other for other in range(place + 1, len(names)) if name in names[other].makes]
        made = before[-1:] or after[:1]
        found.update(made)
        if name in names[place].reads:
            found.update(other for other in range((made or [0])[0], place) if name in names[other].changes)
    return found


def needed(cells, claim, always=()):
    """Return the code cells, of all `cells`, that the claim whose title has the text `claim` needs.

    The last of them states the claim. A cell before it is needed if it makes, or may change, a name that is read later.
    Those that have a text of `always` stay in any case.
    """
    code = [cell for cell in cells if cell.cell_type == "code"]
    last = next(place for place, cell in enumerate(code) if states(cell.source, claim))
    imported = {name for cell in code for name in imported_names(cell.source)}
    names = [Names(cell.source, imported) for cell in code[: last + 1]]
    kept = {last} | {place for place in range(last) if any(text in code[place].source for text in always)}
    while new := {source for place in kept for source in sources(names, place)} - kept:
        kept |= new
    return [code[place] for place in sorted(kept)]
