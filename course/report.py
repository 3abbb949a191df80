"""Show a run while it goes on, and turn its results into tables."""

from rich import progress

from helpers.claims import show


def time_left(outcomes, known, jobs):
    """Return how many seconds a run may still take, or None if nothing is known.

    `known` are the seconds of an earlier run by notebook; what has ended says how much slower or faster this one is.
    """
    ended = [one for one in outcomes if one.state not in ("waiting", "running") and one.name in known]
    going = [one for one in outcomes if one.state in ("waiting", "running")]
    if any(one.name not in known for one in going):
        return None
    pace = sum(one.seconds for one in ended) / sum(known[one.name] for one in ended) if ended else 1
    left = [max(0, pace * known[one.name] - one.seconds) for one in going]
    return max([sum(left) / jobs, *left])


class Progress(progress.Progress):
    """One live line per notebook on a terminal; elsewhere, a line whenever a notebook starts or ends."""

    def __init__(self, known, jobs):
        cells = progress.TextColumn("{task.fields[cells]}")
        super().__init__("{task.description}", cells, progress.TimeElapsedColumn(), "{task.fields[state]}")
        self.disable, self._tasks_by_name, self._said = not self.console.is_terminal, {}, set()
        self._known, self._jobs = known, jobs

    def _task(self, name):
        if name not in self._tasks_by_name:
            self._tasks_by_name[name] = self.add_task(name, start=False, state="", cells="")
        return self._tasks_by_name[name]

    def show(self, outcomes):
        """Show the outcomes of all notebooks as they stand now."""
        left = time_left(outcomes, self._known, self._jobs)
        left = "" if left is None else f"about {left / 60:.0f} min left" if left >= 90 else f"about {left:.0f} s left"
        for one in outcomes:
            task = self._task(one.name)
            self.update(task, cells=f"cell {one.cell} of {one.cells}  {one.note}", state=one.state)
            if one.state != "waiting" and (one.name, one.state) not in self._said:
                self._said.add((one.name, one.state))
                self.start_task(task) if one.state == "running" else self.stop_task(task)
                if self.disable:
                    parts = (one.name, f"cell {one.cell} of {one.cells}", f"{one.seconds:.0f} s", one.state, left)
                    print("  ".join(filter(None, parts)), flush=True)
        ended = sum(one.state not in ("waiting", "running") for one in outcomes)
        self.start_task(self._task("all notebooks"))
        self.update(self._task("all notebooks"), cells=f"{ended} of {len(outcomes)}", state=left)


def markdown_table(head, rows):
    """Return a Markdown table of texts."""
    lines = ("| " + " | ".join(text.replace("|", r"\|") for text in row) + " |" for row in rows)
    return "\n".join(["| " + " | ".join(head) + " |", "| --- " * len(head) + "|", *lines])


def claims_table(runs, label=str):
    """Return the Markdown table of all claims of `runs`, pairs of a notebook's name and its entry of a results file."""
    rows = []
    for name, entry in runs:
        for claim in entry.get("claims", []):
            bound, held = f"{claim['relation']} {show(claim['bound'])}", "yes" if claim["held"] else "**no**"
            rows.append((label(name), entry.get("profile", ""), claim["text"], show(claim["value"]), bound, held))
    return markdown_table(("notebook", "profile", "claim", "value", "bound", "holds"), rows)
