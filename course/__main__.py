"""The command line of the course: `python -m course run | data | lab`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from course import data as downloads
from course import report
from course import run as runner
from helpers import claims, datasets, notebooks


def parser():
    """Return the argument parser."""
    main = argparse.ArgumentParser(prog="python -m course", description="Run the image-classification course.")
    verbs = main.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="execute notebooks, and write the report and the results file")
    run.add_argument("notebooks", nargs="*", metavar="NN", help="numbers or names; all of them if none is given")
    run.add_argument("--profile", default="quick", help="quick (embedded data, the default) or full (public data)")
    run.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="set a parameter")
    run.add_argument("--jobs", type=int, default=os.cpu_count(), help="notebooks at once (default: one per core)")
    run.add_argument("--out", type=Path, default=notebooks.ROOT / "build", help="folder for results.json and report/")
    run.add_argument("--cell-limit", type=float, metavar="SECONDS", help="how long one cell may take")
    data = verbs.add_parser("data", help="download the full data sets, checked by digest")
    data.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(datasets.REMOTE)}")
    verbs.add_parser("lab", help="open JupyterLab on the notebooks; further options, such as --no-browser, go to it")
    return main


def run(arguments):
    """Execute notebooks, write the report, print the claims; return the exit code."""
    if arguments.profile not in runner.CELL_LIMIT:
        raise runner.UsageError(f"There is no profile {arguments.profile!r}; there are: quick, full.")
    if arguments.jobs < 1:
        raise runner.UsageError(f"--jobs must be at least 1; got {arguments.jobs}.")
    paths = notebooks.choose(arguments.notebooks)
    given = {"PROFILE": arguments.profile} | dict(arguments.p)
    parameters = {path.stem: runner.check_parameters(path, given) for path in paths}
    limit = arguments.cell_limit or runner.CELL_LIMIT[arguments.profile]
    with report.Progress() as progress:
        outcomes = runner.run(paths, arguments.out, parameters, arguments.jobs, limit, progress.show)
    results = claims.read_results(arguments.out / "results.json")
    page = report.write_report(arguments.out, results)
    Console().print(Markdown(report.claims_table({outcome.name: results[outcome.name] for outcome in outcomes})))
    print(f"Report: {page}\nResults: {arguments.out / 'results.json'}")
    for outcome in (unfinished := [outcome for outcome in outcomes if outcome.state != "passed"]):
        print(f"{outcome.state.upper()} {outcome.name}: {outcome.error}")
    return 1 if unfinished else 0


def data(names):
    """Download data sets; return the exit code."""
    for name in names or datasets.REMOTE:
        if name not in datasets.REMOTE:
            raise runner.UsageError(f"There is no data set {name!r}; there are: {', '.join(datasets.REMOTE)}.")
        print(f"{datasets.REMOTE[name].title}: {len(downloads.fetch(name))} files in {datasets.data_folder() / name}")
    return 0


def main(argv=None):
    """Run one command; return its exit code."""
    arguments, options = parser().parse_known_args(argv)
    try:
        if options and arguments.verb != "lab":
            raise runner.UsageError(f"There is no option {options[0]!r}; --help lists those there are.")
        if arguments.verb == "run":
            return run(arguments)
        if arguments.verb == "data":
            return data(arguments.names)
        os.environ.update(runner.contained_environment())
        os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *options, str(notebooks.ROOT / "notebooks")])
    except (runner.UsageError, notebooks.NotebookUnknown, datasets.DataDamaged, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; no kernel is left running.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end the kernels, too, when somebody else ends this
    sys.exit(main())
