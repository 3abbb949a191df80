"""State a notebook's numbers as claims with bounds: a missed bound raises, so the notebook fails.

Every claim, held or missed, goes at once to one results file: `build/results.json`, or the one `COURSE_RESULTS` names.
"""

import json
import math
import os
import platform
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS_VARIABLE = "COURSE_RESULTS"
PACKAGES = ("keras", "tensorflow", "numpy", "scikit-learn", "matplotlib", "papermill")


class ResultsDamaged(ValueError):
    """A file is not a results file."""


class ClaimMissed(AssertionError):
    """A number of the notebook lies outside the bound that the notebook claims."""


def results_path():
    """Return the results file: `COURSE_RESULTS`, or `build/results.json` in the clone."""
    return Path(os.environ.get(RESULTS_VARIABLE) or Path(__file__).resolve().parents[1] / "build" / "results.json")


def read_results(path):
    """Return the results of all notebooks by name; an absent file has none, another kind of file is ResultsDamaged."""
    if not Path(path).exists():
        return {}
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))["notebooks"]
    except (ValueError, KeyError, TypeError) as error:
        raise ResultsDamaged(f"{path} is not a results file ({error!r}); move it away and run again.") from None


def write_entry(path, notebook, entry):
    """Merge the dict `entry` into what the results file says of one notebook; None removes the notebook.

    The file is replaced in one step under a lock, so parallel notebooks neither read half of it nor undo each other.
    """
    from filelock import FileLock

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        notebooks = read_results(path)
        kept = notebooks.pop(notebook, {})
        if entry is not None:
            notebooks[notebook] = kept | entry
        content = json.dumps({"notebooks": dict(sorted(notebooks.items()))}, indent=1, ensure_ascii=False)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as stream:
            stream.write(content + "\n")
        os.replace(stream.name, path)


def machine():
    """Return what this run ran on, as texts by name: system, cores, TensorFlow threads and versions."""
    threads = os.environ.get("TF_NUM_INTRAOP_THREADS", "all")
    system = {"system": f"{platform.system()} {platform.machine()}", "cores": str(os.cpu_count()), "threads": threads}
    return system | {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def show(value):
    """Return a number as a reader wants it: counts with commas, other numbers to four digits."""
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


class Claims:
    """The claims of one run of the notebook of this name; the profile, "quick" or "full", chooses the bounds."""

    def __init__(self, notebook, profile, seed):
        if profile not in ("quick", "full"):
            raise ValueError(f"PROFILE must be 'quick' or 'full', got {profile!r}.")
        self.notebook, self.profile, self._data, self._claims = notebook, profile, [], []
        write_entry(results_path(), notebook, None)
        started = datetime.now(UTC).isoformat("T", "seconds")
        self._write(profile=profile, seed=seed, started=started, ran_on=machine())

    def _write(self, **fields):
        write_entry(results_path(), self.notebook, fields)

    def served(self, dataset):
        """Record and print which data this run was served, in the data set's own words."""
        self._data.append(str(dataset))
        self._write(data=self._data)
        print(dataset)

    def at_least(self, text, value, bound=None, *, quick=None, full=None):
        """Claim that `value` is no smaller than the bound (one for both profiles, or one for each)."""
        self._claim(text, value, ">=", bound, quick, full)

    def at_most(self, text, value, bound=None, *, quick=None, full=None):
        """Claim that `value` is no larger than the bound."""
        self._claim(text, value, "<=", bound, quick, full)

    def equals(self, text, value, bound=None, *, quick=None, full=None):
        """Claim that `value`, a count, is exactly the bound."""
        self._claim(text, value, "==", bound, quick, full)

    def _claim(self, text, value, relation, bound, quick, full):
        bound = bound if bound is not None else {"quick": quick, "full": full}[self.profile]
        value, bound = (number.item() if hasattr(number, "item") else number for number in (value, bound))
        if bound is None:
            raise ValueError(f"A claim needs `bound`, or `quick` and `full`; the profile {self.profile!r} has none.")
        held = math.isfinite(value) and {">=": value >= bound, "<=": value <= bound, "==": value == bound}[relation]
        value = value if math.isfinite(value) else repr(value)  # JSON has no NaN
        self._claims.append({"text": text, "value": value, "relation": relation, "bound": bound, "held": held})
        self._write(claims=self._claims)
        sentence = f"{text}: {show(value)} (claimed {relation} {show(bound)})"
        if not held:
            raise ClaimMissed(sentence)
        print(f"holds: {sentence}")
