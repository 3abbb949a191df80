"""Execute notebooks with papermill, several at once, and say how they went.

Each has a worker process of its own (`python -m course.run`, one JSON line per event), with TensorFlow on one thread:
the same seed then gives the same numbers, and the cores are used by running several notebooks side by side. A notebook
that runs alone may have them all.
"""

import ast
import functools
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers import claims
from helpers.notebooks import ROOT, choose

CELL_LIMIT = {"quick": 600, "full": 7200}  # seconds
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# The kernels of oneDNN, unasked only on newer processors: a third less time for convolutions. And one thread each.
SETTINGS = {"TF_ENABLE_ONEDNN_OPTS": "1"} | dict.fromkeys(THREADS, "1")
# What TensorFlow says of the machine when it starts; nothing else is left out of pages.
STARTUP = re.compile(r"^.*(absl::InitializeLog|port\.cc|cudart_stub\.cc|cuda_platform\.cc).*\n?", re.M)
BAR = re.compile(r"([\w -]+): +(\d+%)\|.*?<([\d:]+)")  # a progress bar of tqdm: what, how much, time left


class UsageError(ValueError):
    """The command asks for something that does not exist."""


@dataclass
class Outcome:
    """How the run of one notebook stands: `state` is waiting, running, passed, failed or skipped."""

    name: str
    state: str = "waiting"
    cell: int = 0
    cells: int = 0
    seconds: float = 0.0
    error: str = ""
    note: str = ""


def check_parameters(path, given):
    """Return the texts of `given` as values of the types that the notebook's parameters have."""
    from papermill import inspect_notebook

    known = {name: ast.literal_eval(entry["default"]) for name, entry in inspect_notebook(str(path)).items()}
    values = {}
    for name, text in given.items():
        if name not in known:
            raise UsageError(f"{path.stem} has no parameter {name!r}; it has: {', '.join(known) or 'none'}.")
        kind = type(known[name])
        try:
            values[name] = {"True": True, "False": False}[text] if kind is bool else kind(text)
        except (ValueError, KeyError):
            raise UsageError(f"{name} of {path.stem} is of type {kind.__name__}; got {text!r}.") from None
    return values


def contained_environment():
    """Return environment variables that keep the files of all tools, temporary ones too, inside the clone."""
    jupyter = [f"JUPYTER_{kind}_DIR" for kind in ("CONFIG", "DATA", "RUNTIME")]
    names = [*jupyter, "IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME", "TMPDIR", "npm_config_cache"]
    folders = {name: ROOT / "build" / "cache" / name.lower() for name in names}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {name: str(folder) for name, folder in folders.items()} | {
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one in the home folder
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


@contextmanager
def without_startup_messages():
    """Hold stderr back while TensorFlow starts, then write what it says, but for `STARTUP`."""
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            sys.stderr.write(STARTUP.sub("", held.read().decode(errors="replace")))


def digest(path, parameters):
    """Return a SHA-256 of all that a notebook's numbers depend on.

    That is: the notebook and those from which it borrows, the helpers, this module, embedded and stored data, the lock
    file, the parameters, the versions and the machine. (Downloaded data have their digests in the helpers.)
    """
    notebooks, found = [], [path]
    while found:
        notebooks.append(found.pop())
        source = notebooks[-1].read_text(encoding="utf-8")
        borrowed = choose(lent) if (lent := re.findall(r'definitions\(\\"(\w+)\\"\)', source)) else []
        found += [other for other in borrowed if other not in notebooks]
    total = hashlib.sha256(_digest_of_all().encode())
    for file in sorted(set(notebooks)):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    total.update(json.dumps([parameters, claims.machine()], sort_keys=True).encode())
    return total.hexdigest()


@functools.cache
def _digest_of_all():
    """Return a SHA-256 of the files on which every notebook may depend."""
    data = [path for path in sorted((ROOT / "data").rglob("*.npz")) if "downloads" not in path.parts]
    stored = [ROOT / "benchmarks" / "results" / f"{name}.json" for name in ("mnist", "pets", "pipeline", "transfer")]
    files = [*sorted((ROOT / "helpers").glob("*.py")), *data, *stored, ROOT / "requirements.lock", Path(__file__)]
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def run(
    paths, out, parameters, jobs=1, cell_limit=CELL_LIMIT["quick"], on_change=lambda outcomes: None, resume=False,
    settings=SETTINGS,
):  # fmt: skip
    """Execute notebooks, `jobs` at once, and return an Outcome for each; a failing one does not stop the others.

    Each leaves `executed/NAME.ipynb`, `executed/NAME.log` and an entry in `results.json` under `out`. `parameters` has
    checked values by notebook and name; `cell_limit` is in seconds; `on_change` gets all outcomes whenever one changes,
    never from two threads at once. With `resume`, a notebook that has passed with the same `digest` is not executed
    again. `settings` are environment variables of the kernels. KeyboardInterrupt comes through when every kernel has
    ended.
    """
    outcomes = {path: Outcome(path.stem) for path in paths}
    earlier = claims.read_results(out / "results.json") if resume else {}
    for path in paths:
        entry, there = earlier.get(path.stem, {}), (out / "executed" / path.name).exists()
        if entry.get("state") == "passed" and there and entry.get("digest") == digest(path, parameters[path.stem]):
            outcomes[path] = Outcome(path.stem, "passed", seconds=entry["seconds"])
    workers, lock, stopping = [], threading.Lock(), threading.Event()

    def changed():
        with lock:
            on_change(list(outcomes.values()))

    def task(path):
        if not stopping.is_set():
            of_this = parameters[path.stem], cell_limit, settings, outcomes[path]
            _execute(path, out, *of_this, workers, stopping, changed)

    known = claims.read_results(ROOT / "benchmarks" / "results" / "quick.json")
    to_do = [path for path in paths if outcomes[path].state == "waiting"]
    longest_first = sorted(to_do, key=lambda path: -known.get(path.stem, {}).get("seconds", 1e9))
    changed()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(task, path) for path in longest_first]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            stopping.set()
            for worker in workers:
                worker.terminate()  # nbclient answers SIGTERM by shutting its kernel down
            for worker in workers:
                try:
                    worker.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    worker.kill()  # its kernel sees the parent gone, and ends
            raise
    return list(outcomes.values())


def _execute(path, out, parameters, cell_limit, settings, outcome, workers, stopping, changed):
    """Execute one notebook in a worker process; keep `outcome` and the results file up to date."""
    results, log = out / "results.json", out / "executed" / f"{path.stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    claims.write_entry(results, path.stem, None)  # nothing of an earlier run may look like this one's
    log.with_suffix(".ipynb").unlink(missing_ok=True)
    environment = os.environ | contained_environment() | settings
    environment[claims.RESULTS_VARIABLE] = str(results.resolve())
    environment.pop("MPLBACKEND", None)  # figures go into the notebook, whatever the caller wants for itself
    output = str(log.resolve().with_suffix(".ipynb"))
    task = {"input": str(path.resolve()), "output": output, "parameters": parameters, "cell_limit": cell_limit}
    begin, outcome.state, begun = time.monotonic(), "running", digest(path, parameters)
    changed()
    with open(log, "w", encoding="utf-8") as errors, tempfile.TemporaryDirectory(dir=environment["TMPDIR"]) as scratch:
        environment["TMPDIR"] = scratch
        worker = subprocess.Popen(
            [sys.executable, "-m", "course.run", json.dumps(task)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
            start_new_session=True,  # Ctrl-C reaches the runner alone, which then ends its workers in order
        )  # fmt: skip
        workers.append(worker)
        if stopping.is_set():
            worker.terminate()
        for line in worker.stdout:
            vars(outcome).update(json.loads(line), seconds=round(time.monotonic() - begin, 1))
            changed()
        worker.wait()
    outcome.seconds = round(time.monotonic() - begin, 1)
    if outcome.state == "running":
        outcome.state = "failed"
        outcome.error = f"cell [{outcome.cell}]: the worker ended with exit code {worker.returncode}; see {log}"
    entry = {"state": outcome.state, "seconds": outcome.seconds, "error": outcome.error, "parameters": parameters}
    entry["digest"] = begun
    claims.write_entry(results, path.stem, entry)
    changed()


class _Bars:
    """Takes what a notebook writes to stderr, and says how far its progress bars are."""

    def __init__(self, say):
        self._say = say

    def write(self, text):
        if bars := BAR.findall(text):
            what, share, left = bars[-1]
            self._say({"note": f"{what.strip()} {share}, {left} left"})

    def flush(self):
        """Nothing is kept back."""


def _work(task, say):
    """Execute one notebook in this process, and `say` each change of its outcome as a dict."""
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError

    count = sum(cell.cell_type == "code" for cell in nbformat.read(task["input"], 4).cells)
    count += bool(task["parameters"])  # papermill adds a cell that sets them
    cell_number, first_line = 0, ""

    def cell_started(cell, cell_index):
        nonlocal cell_number, first_line
        if cell.cell_type == "code":
            cell_number, first_line = cell_number + 1, cell.source.strip().partition("\n")[0]
            say({"cell": cell_number, "cells": count, "note": ""})

    try:
        papermill.execute_notebook(
            task["input"], task["output"], task["parameters"], kernel_name="python3", progress_bar=False,
            cwd=str(Path(task["input"]).parent), execution_timeout=task["cell_limit"], on_cell_start=cell_started,
            stderr_file=_Bars(say), request_save_on_cell_execute=False,  # it is saved in the end, whatever happens
            shutdown_kernel="immediate",  # TensorFlow takes seconds to say goodbye; _execute removes temporary files
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        if error.ename == "DataMissing":
            return say({"state": "skipped", "error": error.evalue})
        problem = f"{error.ename}: {error.evalue}"
    except CellTimeoutError:  # an OSError, too
        problem = f"over its time limit of {task['cell_limit']:g} seconds"
    except OSError as error:  # the notebook cannot be written: a full disk
        problem = str(error)
    else:
        return say({"state": "passed"})
    return say({"state": "failed", "error": f"cell [{cell_number}] `{first_line}`: {problem}"})


def _end_with_the_runner():
    """Wait until the runner has closed its end of our standard input, or was killed; then end this process."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)  # nbclient answers by shutting its kernel down


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_runner, daemon=True).start()
    _work(json.loads(sys.argv[1]), lambda event: print(json.dumps(event), flush=True))
