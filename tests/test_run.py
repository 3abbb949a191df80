"""The runner on small notebooks: what it refuses, what it reports, and what it leaves behind."""

import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from course import __main__ as command
from course import report, run
from helpers import claims, datasets, notebooks

CLAIM = "from helpers.claims import Claims\nclaims = Claims({name!r}, PROFILE, 0)\nclaims.at_least('two', {value}, 1)"
PARAMETERS = "PROFILE = 'quick'\nRATE = 0.1\nSTEPS = 3"


@pytest.fixture
def run_here(tmp_path, monkeypatch):
    """Return a function that runs the command line on the notebooks of the test, and gives exit code and results."""

    def call(*arguments):
        paths = sorted((tmp_path / "notebooks").glob("*.ipynb"))
        monkeypatch.setattr(notebooks, "choose", lambda wanted: paths)
        code = command.main(["run", "--out", str(tmp_path / "out"), "--jobs", "2", *arguments])
        return code, claims.read_results(tmp_path / "out" / "results.json")

    return call


def test_passing_notebook_leaves_report_results_and_table(make_notebook, run_here, tmp_path, capsys):
    make_notebook("00_a", PARAMETERS, CLAIM.format(name="00_a", value=2), "print('sum', 40 + STEPS)")
    code, results = run_here("-p", "STEPS", "2")
    assert code == 0
    entry = results["00_a"]
    assert entry["state"] == "passed" and entry["seconds"] > 0
    assert entry["parameters"] == {"PROFILE": "quick", "STEPS": 2}
    page = (tmp_path / "out" / "report" / "00_a.html").read_text()
    assert "sum 42" in page and "http" not in page.partition("MathJax.js")[0].split("<script")[-1]
    index = (tmp_path / "out" / "report" / "index.html").read_text()
    assert '<a href="00_a.html">' in index and "&gt;= 1" in index and "keras 3" in index
    assert (tmp_path / "out" / "report" / "mathjax" / "MathJax.js").exists()
    printed = capsys.readouterr().out
    assert "cell 4 of 4" in printed and ">= 1" in printed
    assert float(re.search(r"00_a  cell 4 of 4  (\d+) s  passed", printed)[1]) > 0


def test_failures_are_named_and_stop_nobody_else(make_notebook, run_here, tmp_path, capsys):
    make_notebook("00_fails", PARAMETERS, "1 + 1", "print('now')\nraise KeyError('lost')")
    make_notebook("01_misses", PARAMETERS, CLAIM.format(name="01_misses", value=0.5))
    make_notebook("02_passes", PARAMETERS, "1 + 1")
    code, results = run_here()
    assert code == 1
    assert [results[name]["state"] for name in sorted(results)] == ["failed", "failed", "passed"]
    last = capsys.readouterr().out.strip().splitlines()[-2:]
    assert last[0] == "FAILED 00_fails: cell [4] `print('now')`: KeyError: 'lost'"
    assert last[1].startswith("FAILED 01_misses: cell [3]") and "ClaimMissed: two: 0.5 (claimed >= 1)" in last[1]
    assert "<strong>no</strong>" in (tmp_path / "out" / "report" / "index.html").read_text()


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
    assert re.search(re.escape(str(notebooks.ROOT)) + r"/build/cache/tmpdir/tmp\w+", executed), (
        "temporary files lie elsewhere"
    )


def test_definitions_are_taken_without_running_the_notebook(make_notebook, tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    make_notebook(
        "00_a", "SIZE = 3\nsize = 4", "import math\nraise SystemExit\ndef area():\n    return math.pi * SIZE**2"
    )
    shown = notebooks.definitions("00_a")
    assert shown.area() == pytest.approx(28.274, abs=1e-3) and not hasattr(shown, "size")
    assert inspect.getsource(shown.area) == "def area():\n    return math.pi * SIZE**2\n"
    assert inspect.getmodule(shown.area) is shown, "tf.function reads a function's source and its module"


def test_only_tensorflows_start_up_lines_are_left_out_of_the_pages(tmp_path):
    lines = "I0000 00:00:1 42 port.cc:153] oneDNN custom operations are on.\nUserWarning: look here\n"
    texts = [lines, lines.partition("\n")[0]]
    cell = nbformat.v4.new_code_cell(
        "1", outputs=[nbformat.v4.new_output("stream", name="stderr", text=t) for t in texts]
    )
    executed = tmp_path / "executed" / "00_a.ipynb"
    executed.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), executed)
    report.write_report(tmp_path, {"00_a": {"state": "passed"}})
    page = (tmp_path / "report" / "00_a.html").read_text()
    assert "UserWarning: look here" in page and "port.cc" not in page
    assert page.count('data-mime-type="application/vnd.jupyter.stderr"') == 1, "an output without text is left out"


def test_pages_bring_their_font_and_leave_sliders_out(make_notebook, tmp_path):
    path = make_notebook(
        "00_a", PARAMETERS, "from ipywidgets import interact\ninteract(lambda number: print(number), number=(0, 9));"
    )
    (outcome,) = run.run([path], tmp_path, {"00_a": {}})
    assert outcome.state == "passed", outcome.error
    assert "widget-view" in (tmp_path / "executed" / "00_a.ipynb").read_text()
    report.write_report(tmp_path, {"00_a": {"state": "passed"}})
    page = (tmp_path / "report" / "00_a.html").read_text()
    assert "interact" in page and "unpkg" not in page and "widget-view" not in page, "it would ask the network"
    font = re.search(r'webFont: "([\w-]+)"', page)[1]
    assert (tmp_path / "report" / "mathjax" / "fonts" / "HTML-CSS" / font).is_dir()


def test_worker_says_each_cell(make_notebook, tmp_path):
    path = make_notebook("00_a", PARAMETERS, "1", "2")
    seen = []
    run.run([path], tmp_path / "out", {"00_a": {}}, on_change=lambda outcomes: seen.append(outcomes[0].cell))
    assert sorted(set(seen)) == [0, 1, 2, 3]
    assert json.loads((tmp_path / "out" / "results.json").read_text())["notebooks"]["00_a"]["state"] == "passed"
