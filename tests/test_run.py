"""The runner on small notebooks: what it refuses, what it reports, and what it leaves behind."""

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from course import __main__ as command
from course import report, run, site
from helpers import claims, datasets, notebooks

CLAIM = "from helpers.claims import Claims\nclaims = Claims({name!r}, PROFILE, 0)\nclaims.at_least('two', {value}, 1)"
PARAMETERS = "PROFILE = 'quick'\nRATE = 0.1\nSTEPS = 3"


@pytest.fixture
def run_here(tmp_path, monkeypatch):
    """Return a function that runs the command line on the notebooks of the test, and gives exit code and results."""

    def call(*arguments):
        paths = sorted((tmp_path / "notebooks").glob("*.ipynb"))
        monkeypatch.setattr(notebooks, "choose", lambda wanted: paths)
        monkeypatch.setattr(site, "build", lambda out, results: out / "site" / "index.html")  # see test_site.py
        code = command.main(["run", "--out", str(tmp_path / "out"), "--jobs", "2", *arguments])
        return code, claims.read_results(tmp_path / "out" / "results.json")

    return call


def test_passing_notebook_leaves_results_and_names_the_site(make_notebook, run_here, tmp_path, capsys):
    make_notebook("00_a", PARAMETERS, CLAIM.format(name="00_a", value=2), "print('sum', 40 + STEPS)")
    code, results = run_here("-p", "STEPS", "2")
    assert code == 0
    entry = results["00_a"]
    assert entry["state"] == "passed" and entry["seconds"] > 0
    assert entry["parameters"] == {"PROFILE": "quick", "STEPS": 2}
    assert "sum 42" in (tmp_path / "out" / "executed" / "00_a.ipynb").read_text()
    printed = capsys.readouterr().out
    assert "1 of 1 claims hold" in printed
    assert float(re.search(r"00_a  cell 4 of 4  (\d+) s  passed", printed)[1]) > 0
    assert printed.splitlines()[-1] == f"Open in a browser: {tmp_path / 'out' / 'site' / 'index.html'}"
    assert command.main(["claims", "--out", str(tmp_path / "out")]) == 0
    assert "| 00_a | quick | two | 2 | >= 1 | yes |" in capsys.readouterr().out


def test_failures_are_named_and_stop_nobody_else(make_notebook, run_here, tmp_path, capsys):
    make_notebook("00_fails", PARAMETERS, "1 + 1", "print('now')\nraise KeyError('lost')")
    make_notebook("01_misses", PARAMETERS, CLAIM.format(name="01_misses", value=0.5))
    make_notebook("02_passes", PARAMETERS, "1 + 1")
    code, results = run_here()
    assert code == 1
    assert [results[name]["state"] for name in sorted(results)] == ["failed", "failed", "passed"]
    *_, claimed, first, second, _ = capsys.readouterr().out.strip().splitlines()
    assert claimed.startswith("0 of 1 claims hold")
    assert first == "FAILED 00_fails: cell [4] `print('now')`: KeyError: 'lost'"
    assert second.startswith("FAILED 01_misses: cell [3]") and "ClaimMissed: two: 0.5 (claimed >= 1)" in second
    assert "| two | 0.5 | >= 1 | **no** |" in report.claims_table(results.items())


def test_cell_over_its_time_limit_counts_as_failed(make_notebook, run_here, capsys):
    make_notebook("00_slow", PARAMETERS, "import time\ntime.sleep(60)")
    code, results = run_here("--cell-limit", "2")
    assert code == 1 and results["00_slow"]["state"] == "failed"
    assert "cell [3] `import time`: over its time limit of 2 seconds" in capsys.readouterr().out


def test_kernel_that_dies_counts_as_failed(make_notebook, run_here):
    make_notebook("00_dies", PARAMETERS, "import os\nos._exit(7)")
    code, results = run_here()
    assert code == 1 and results["00_dies"]["state"] == "failed" and "cell [3]" in results["00_dies"]["error"]


def test_notebooks_get_one_thread_and_the_kernels_of_onednn(make_notebook, run_here):
    names = 'import os\nnames = "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "TF_ENABLE_ONEDNN_OPTS"'
    make_notebook("00_asks", PARAMETERS, names + "\nassert [os.environ[name] for name in names] == ['1'] * 3")
    assert run_here()[0] == 0


def test_missing_data_are_shown_as_skipped_with_the_sentence(make_notebook, run_here, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path / "nothing"))
    make_notebook("00_full", PARAMETERS, "from helpers import datasets\ndatasets.load_mnist('full')")
    code, results = run_here()
    assert code == 1 and results["00_full"]["state"] == "skipped"
    assert "SKIPPED 00_full: MNIST, 70,000 digits: 4 of 4 files (11.6 MB)" in capsys.readouterr().out


def test_nothing_of_an_earlier_run_looks_like_this_one(make_notebook, run_here):
    make_notebook("00_a", PARAMETERS, CLAIM.format(name="00_a", value=2))
    run_here()
    make_notebook("00_a", PARAMETERS, "raise SystemError('before any claim')")
    _, results = run_here()
    assert results["00_a"]["state"] == "failed" and "claims" not in results["00_a"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["99"], "There is no notebook '99'; there are: 00_start_here, 01_data_preparation"),
        (["--profile", "fast"], "There is no profile 'fast'; there are: quick, full."),
        (["00", "-p", "SEEDS", "1"], "00_start_here has no parameter 'SEEDS'; it has: PROFILE, SEED."),
        (["00", "-p", "SEED", "one"], "SEED of 00_start_here is of type int; got 'one'."),
        (["00", "--seed", "1"], "There is no option '--seed'"),
        (["00", "--jobs", "0"], "--jobs must be at least 1; got 0."),
    ],
)
def test_unknown_names_are_refused_with_those_that_exist(arguments, message, capsys):
    assert command.main(["run", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_a_run_nothing_can_be_made_of_it(tmp_path, capsys):
    assert command.main(["site", "--out", str(tmp_path)]) == 2
    assert f"There are no results in {tmp_path}; `make run` comes first." in capsys.readouterr().err


def test_unknown_data_set_is_refused(capsys):
    assert command.main(["data", "imagenet"]) == 2
    assert "There is no data set 'imagenet'; there are: mnist, cats_and_dogs_filtered." in capsys.readouterr().err


def test_notebooks_are_chosen_by_number_or_name_in_their_order():
    assert [path.stem for path in notebooks.choose(["03_mnist_cnn", "00"])] == ["00_start_here", "03_mnist_cnn"]


def test_parameters_take_the_type_of_their_default(make_notebook):
    path = make_notebook("00_a", PARAMETERS)
    assert run.check_parameters(path, {"RATE": "1", "STEPS": "5"}) == {"RATE": 1.0, "STEPS": 5}
    with pytest.raises(run.UsageError, match=r"of type int; got '2\.5'"):
        run.check_parameters(path, {"STEPS": "2.5"})


# A shell starts background jobs, and so perhaps these tests, with SIGINT ignored; a terminal does not.
RUN_AND_WAIT = """
import signal, sys
from pathlib import Path
from course import __main__ as command
from helpers import notebooks
signal.signal(signal.SIGINT, signal.default_int_handler)
notebooks.choose = lambda wanted: [Path(sys.argv[1])]
sys.exit(command.main(["run", "--out", sys.argv[2]]))
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stream:
        return stream.read().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_ctrl_c_leaves_no_kernel_behind(make_notebook, tmp_path):
    noted = tmp_path / "pid"
    path = make_notebook(
        "00_waits", PARAMETERS, f"import os, time\nopen({str(noted)!r}, 'w').write(str(os.getpid()))\ntime.sleep(300)"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", RUN_AND_WAIT, str(path), str(tmp_path / "out")],
        env=os.environ | {"PYTHONPATH": str(notebooks.ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (noted.exists() and noted.read_text()):
        assert time.monotonic() < deadline, "the kernel did not start"
        time.sleep(0.1)
    kernel = int(noted.read_text())
    assert alive(kernel)
    runner.send_signal(signal.SIGINT)
    _, errors = runner.communicate(timeout=40)
    assert runner.returncode == 130 and "no kernel is left running" in errors
    assert not alive(kernel)


def test_nothing_is_written_outside_the_clone(make_notebook, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    path = make_notebook(
        "00_a", PARAMETERS, "import keras, tempfile, matplotlib.pyplot as plt\nplt.plot([1])\nprint(tempfile.mkdtemp())"
    )
    (outcome,) = run.run([path], tmp_path / "out of the way", {"00_a": {}})
    assert outcome.state == "passed"
    assert [str(found) for found in home.rglob("*")] == []
    executed = (tmp_path / "out of the way" / "executed" / "00_a.ipynb").read_text()
    made = re.search(re.escape(str(notebooks.ROOT)) + r"/build/cache/tmpdir/tmp\w+", executed)
    assert made, "temporary files lie elsewhere"
    assert not os.path.exists(made[0]), "temporary files are left behind"


def test_definitions_are_taken_without_running_the_notebook(make_notebook, tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    make_notebook(
        "00_a", "SIZE = 3\nsize = 4", "import math\nraise SystemExit\ndef area():\n    return math.pi * SIZE**2"
    )
    shown = notebooks.definitions("00_a")
    assert shown.area() == pytest.approx(28.274, abs=1e-3) and not hasattr(shown, "size")
    assert inspect.getsource(shown.area) == "def area():\n    return math.pi * SIZE**2\n"
    assert inspect.getmodule(shown.area) is shown, "tf.function reads a function's source and its module"


def test_worker_says_each_cell(make_notebook, tmp_path):
    path = make_notebook("00_a", PARAMETERS, "1", "2")
    seen = []
    run.run([path], tmp_path / "out", {"00_a": {}}, on_change=lambda outcomes: seen.append(outcomes[0].cell))
    assert sorted(set(seen)) == [0, 1, 2, 3]
    assert json.loads((tmp_path / "out" / "results.json").read_text())["notebooks"]["00_a"]["state"] == "passed"


def stop_when(noted, runner, how):
    """Send a signal to the runner as soon as a notebook has written a file."""
    deadline = time.monotonic() + 60
    while not (noted.exists() and noted.read_text()):
        assert time.monotonic() < deadline, "the kernel did not start"
        time.sleep(0.1)
    runner.send_signal(how)


def without_clocks(results):
    clocks = ("seconds", "started")
    return {name: {key: entry[key] for key in entry if key not in clocks} for name, entry in results.items()}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_killed_run_is_resumed_with_the_results_of_an_unbroken_one(make_notebook, tmp_path, monkeypatch):
    noted = tmp_path / "pid"
    make_notebook("00_a", PARAMETERS, CLAIM.format(name="00_a", value=2))
    waits = f"import os, time\nif not os.path.exists({str(noted)!r}):\n    time.sleep(1)\n"
    waits += f"    open({str(noted)!r}, 'w').write(str(os.getpid()))\n    time.sleep(300)"
    make_notebook("01_b", PARAMETERS, CLAIM.format(name="01_b", value=1) + "\n" + waits)
    paths = sorted((tmp_path / "notebooks").glob("*.ipynb"))
    script = RUN_AND_WAIT.replace("[Path(sys.argv[1])]", "sorted(Path(sys.argv[1]).glob('*.ipynb'))")
    runner = subprocess.Popen(
        [sys.executable, "-c", script, str(paths[0].parent), str(tmp_path / "out")],
        env=os.environ | {"PYTHONPATH": str(notebooks.ROOT)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    stop_when(noted, runner, signal.SIGKILL)
    runner.wait()
    deadline = time.monotonic() + 30
    while alive(int(noted.read_text())):  # worker and kernel end by themselves
        assert time.monotonic() < deadline, "the kernel of the killed run still runs"
        time.sleep(0.1)
    before = claims.read_results(tmp_path / "out" / "results.json")
    assert "state" not in before["01_b"]
    parameters = {"00_a": {"PROFILE": "quick"}, "01_b": {"PROFILE": "quick"}}
    run.run(paths, tmp_path / "out", parameters, resume=True)
    after = claims.read_results(tmp_path / "out" / "results.json")
    if before["00_a"].get("state") == "passed":
        assert after["00_a"] == before["00_a"], "what had passed was not executed again"
    run.run(paths, tmp_path / "unbroken", parameters)
    assert without_clocks(after) == without_clocks(claims.read_results(tmp_path / "unbroken" / "results.json"))


def test_only_what_passed_with_the_same_parameters_is_left_out(make_notebook, tmp_path):
    path = make_notebook("00_a", PARAMETERS, "1 + 1")
    started = []

    def resume(**parameters):
        started.clear()
        run.run(
            [path], tmp_path / "out", {"00_a": parameters}, resume=True,
            on_change=lambda outcomes: started.extend(one.name for one in outcomes if one.state == "running"),
        )  # fmt: skip
        return bool(started)

    assert resume(STEPS=3) and not resume(STEPS=3)
    assert resume(STEPS=4)
    (tmp_path / "out" / "executed" / "00_a.ipynb").unlink()
    assert resume(STEPS=4)
    make_notebook("00_a", PARAMETERS, "1 + 2")
    assert resume(STEPS=4) and not resume(STEPS=4)


CHANGED = (
    "helpers/metrics.py", "data/mnist_5k.npz", "requirements.lock", "benchmarks/results/pets.json",
    "notebooks/08c_mistakes_and_robustness.ipynb", "notebooks/08b_confidence.ipynb", "notebooks/03_mnist_cnn.ipynb",
)  # fmt: skip


def test_a_changed_character_anywhere_makes_a_notebook_run_again(tmp_path, monkeypatch):
    for name in ("helpers", "data", "notebooks", "benchmarks/results"):
        shutil.copytree(
            notebooks.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("downloads", "__pycache__")
        )
    shutil.copy(notebooks.ROOT / "requirements.lock", tmp_path)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)

    def digest():
        run._digest_of_all.cache_clear()
        return run.digest(tmp_path / "notebooks" / "08c_mistakes_and_robustness.ipynb", {"SEED": 0})

    first = digest()
    assert digest() == first
    for name in CHANGED:
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert digest() != first, name
        (tmp_path / name).write_bytes(content)
    with open(tmp_path / "notebooks" / "04_cats_vs_dogs.ipynb", "a") as other:
        other.write(" ")
    assert digest() == first, "08c borrows nothing from 04"
    run._digest_of_all.cache_clear()


def test_time_left_follows_the_pace_of_this_run():
    known = {"a": 10, "b": 20, "c": 40}
    outcomes = [run.Outcome("a", "passed", seconds=20), run.Outcome("b", "running", seconds=10), run.Outcome("c")]
    assert report.time_left(outcomes, known, jobs=1) == 2 * 20 - 10 + 2 * 40
    assert report.time_left(outcomes, known, jobs=2) == 2 * 40, "no less than the longest"
    assert report.time_left([run.Outcome("d")], known, 1) is None
    assert report.time_left(outcomes[:1], known, 1) == 0


FULL = (
    'mkdir {0} && mount -t tmpfs -o size=4k none {0} && printf \'{{"notebooks": {{"00": {{}}}}}}\' > {0}/results.json'
    " && exec {1} -m course {2} --out {0}"
)


@pytest.mark.parametrize("verb", ["run 00", "site"])
def test_a_full_disk_ends_in_one_sentence(verb, tmp_path):
    inside = ("unshare", "-rm", "sh", "-c")
    attempt = [*inside, f"mkdir {tmp_path}/try && mount -t tmpfs none {tmp_path}/try"]
    if not shutil.which("unshare") or subprocess.run(attempt).returncode:
        pytest.skip("This system does not let a test mount a small disk of its own.")
    command_line = FULL.format(tmp_path / "small", sys.executable, verb)
    ended = subprocess.run([*inside, command_line], cwd=notebooks.ROOT, capture_output=True, text=True, timeout=300)
    sentence = "The disk is full. Free some space; `make run RESUME=1`, or the same `make own` again, goes on.\n"
    assert ended.returncode == 2 and ended.stderr.endswith(sentence), ended.stdout + ended.stderr
    assert len(ended.stderr.splitlines()) <= 4


def test_a_progress_bar_in_a_cell_reaches_the_terminal(make_notebook, tmp_path):
    loop = "for i in tqdm(range(4), 'counting', mininterval=0):\n    time.sleep(0.2)"
    path = make_notebook("00_bar", PARAMETERS, "import time\nfrom tqdm import tqdm\n" + loop, "1 + 1")
    notes = []
    (outcome,) = run.run([path], tmp_path / "out", {path.stem: {}}, on_change=lambda now: notes.append(now[0].note))
    assert any(re.fullmatch(r"counting \d+%, 00:0\d left", note) for note in notes), notes
    assert outcome.state == "passed" and outcome.note == ""
