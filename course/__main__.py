"""The command line of the course: `python -m course run | own | predict | compare | site | claims | …`."""

import argparse
import errno
import os
import signal
import sys
from pathlib import Path

from course import compare, own, picture, predict, questions, report, site
from course import data as downloads
from course import run as runner
from helpers import claims, datasets, notebooks

AGAIN = {
    "site": "make the site again",
    "claims": "print the table of claims in Markdown",
    "picture": "make the picture of README and site again",
}
# What ends in one sentence; anything else is a fault of the course and shows where.
REFUSALS = (
    runner.UsageError, notebooks.NotebookUnknown, datasets.DataDamaged, claims.ResultsDamaged, predict.BundleBroken,
    site.SiteBroken, OSError,
)  # fmt: skip
GOES_ON = "`make run RESUME=1`, or the same `make own` again, goes on"


def parser():
    """Return the argument parser."""
    main = argparse.ArgumentParser(prog="python -m course", description="Run the image-classification course.")
    verbs = main.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="execute notebooks; write the results file and the site")
    run.add_argument("notebooks", nargs="*", metavar="NN", help="numbers or names; all of them if none is given")
    run.add_argument("--profile", default="quick", help="quick (embedded data, the default) or full (public data)")
    run.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="set a parameter")
    run.add_argument("--jobs", type=int, default=os.cpu_count(), help="notebooks at once (default: one per core)")
    run.add_argument("--out", type=Path, default=notebooks.ROOT / "build", help="folder of results.json and site/")
    run.add_argument("--resume", action="store_true", help="leave out what has passed with the same code and data")
    run.add_argument("--cell-limit", type=float, metavar="SECONDS", help="how long one cell may take")
    folder = verbs.add_parser("own", help="make a report and a classifier from a folder of your own images")
    has = "has a subfolder for each class; or a CSV file with path and label; without it, the course's example"
    folder.add_argument("folder", type=Path, nargs="?", help=has)
    folder.add_argument("--name", help="the results go to build/own/NAME (default: the folder's name)")
    folder.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="set a parameter")
    use = verbs.add_parser("predict", help="predict the classes of images with a bundle that `own` has made")
    use.add_argument("bundle", type=Path, help="such as build/own/NAME/bundle")
    use.add_argument("images", nargs="+", help="image files, or folders of them")
    use.add_argument("--csv", type=Path, metavar="FILE", help="write a table instead of lines")
    two = verbs.add_parser("compare", help="say what moved between two runs, and what got worse beyond chance")
    two.add_argument("old", type=Path, help="a results file, or the folder of one, such as build/own/NAME/before")
    two.add_argument("new", type=Path)
    verbs.add_parser("questions", help="print the multiple-choice questions in GIFT, for a learning platform")
    data = verbs.add_parser("data", help="download the full data sets, checked by digest")
    data.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(datasets.REMOTE)}")
    for verb, does in AGAIN.items():
        again = verbs.add_parser(verb, help=f"{does}, from the last run")
        again.add_argument("--out", type=Path, default=notebooks.ROOT / "build", help="folder of results.json")
    verbs.add_parser("lab", help="open JupyterLab on the notebooks; further options, such as --no-browser, go to it")
    return main


def run(arguments):
    """Execute notebooks, make the site, say which claims are missed; return the exit code."""
    if arguments.profile not in runner.CELL_LIMIT:
        raise runner.UsageError(f"There is no profile {arguments.profile!r}; there are: quick, full.")
    if arguments.jobs < 1:
        raise runner.UsageError(f"--jobs must be at least 1; got {arguments.jobs}.")
    paths = notebooks.choose(arguments.notebooks)
    given = {"PROFILE": arguments.profile} | dict(arguments.p)
    parameters = {path.stem: runner.check_parameters(path, given) for path in paths}
    limit = arguments.cell_limit or runner.CELL_LIMIT[arguments.profile]
    stored = claims.read_results(notebooks.ROOT / "benchmarks" / "results" / f"{arguments.profile}.json")
    known = {name: entry["seconds"] for name, entry in stored.items()}
    with report.Progress(known, arguments.jobs) as progress:
        outcomes = runner.run(
            paths, arguments.out, parameters, arguments.jobs, limit, progress.show, resume=arguments.resume
        )
    results = claims.read_results(arguments.out / "results.json")
    held = [claim["held"] for one in outcomes for claim in results[one.name].get("claims", [])]
    print(f"{sum(held)} of {len(held)} claims hold; all of them: {arguments.out / 'results.json'}")
    for outcome in (unfinished := [outcome for outcome in outcomes if outcome.state != "passed"]):
        print(f"{outcome.state.upper()} {outcome.name}: {outcome.error}")
    print(f"Open in a browser: {site.build(arguments.out, results)}")
    return 1 if unfinished else 0


def run_own(folder, name, given):
    """Make the report on a folder of images; return the exit code."""
    with report.Progress({}, 1) as progress:
        outcome, out = own.report(folder, name, given, progress.show)
    if "FolderUnusable: " in outcome.error:
        raise runner.UsageError(outcome.error.partition("FolderUnusable: ")[2])
    if os.strerror(errno.ENOSPC) in outcome.error:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if outcome.state == "passed" or own.MISSED in outcome.error:
        print("\n".join(own.summary(out)))
    if outcome.state != "passed":
        print(f"{outcome.state.upper()}: {outcome.error}")
    print(f"Open in a browser: {own.page(out)}")
    return 0 if outcome.state == "passed" else 1


def run_predict(bundle, paths, file):
    """Print or write predictions; return the exit code, 1 if a file could not be read."""
    os.environ.update(runner.contained_environment())
    rows = predict.predictions(*predict.load(bundle), paths)
    problems = predict.write_csv(rows, file) if file else predict.show(rows)
    if file:
        print(f"{file}, {problems} files could not be read")
    return 1 if problems else 0


def again(verb, out):
    """Return what one of the verbs of AGAIN makes of the last run: a path or a table."""
    results = claims.read_results(out / "results.json")
    if not results:
        raise runner.UsageError(f"There are no results in {out}; `make run` comes first.")
    if verb == "claims":
        return report.claims_table(results.items())
    return site.build(out, results) if verb == "site" else picture.make(out)


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
        if arguments.verb == "own":
            return run_own(arguments.folder, arguments.name, dict(arguments.p))
        if arguments.verb == "predict":
            return run_predict(arguments.bundle, arguments.images, arguments.csv)
        if arguments.verb == "compare":
            text, worse = compare.compare(arguments.old, arguments.new)
            print(text)
            return 1 if worse else 0
        if arguments.verb == "questions":
            print(questions.gift())
            return 0
        if arguments.verb == "data":
            return data(arguments.names)
        if arguments.verb in AGAIN:
            print(again(arguments.verb, arguments.out))
            return 0
        os.environ.update(runner.contained_environment())
        os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *options, str(notebooks.ROOT / "notebooks")])
    except REFUSALS as error:
        full = isinstance(error, OSError) and os.strerror(errno.ENOSPC) in str(error)
        print(f"The disk is full. Free some space; {GOES_ON}." if full else error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"Stopped; no kernel is left running. {GOES_ON}.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end the kernels, too, when somebody else ends this
    sys.exit(main())
