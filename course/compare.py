"""Say what moved between two results files, of the course or of one's own images, and what got worse beyond chance."""

import json
import re
from pathlib import Path

import pandas as pd

from course import report
from course.run import UsageError, without_startup_messages
from helpers import claims
from helpers.notebooks import ROOT, definitions

CLOCK = re.compile(r"second|images/s|latency|\btime of\b|training time", re.I)  # in the title of a claim
LEVEL = 0.05  # a difference with a smaller p-value is not put down to chance


def compare(old, new):
    """Return a Markdown text, and what got worse as a list of sentences.

    `old` and `new` are results files, or folders with a `results.json`. Where `predictions.csv` lies beside both, their
    predictions for the same test images are compared as well. Raises UsageError or
    ResultsDamaged for other files.
    """
    files = [path / "results.json" if path.is_dir() else path for path in (Path(old), Path(new))]
    for file in files:
        if not file.exists():
            raise UsageError(f"There is no results file {file}.")
    before, after = map(claims.read_results, files)
    tables, worse = compare_claims(before, after)
    predicted = [file.with_name("predictions.csv") for file in files]
    if all(file.exists() for file in predicted):
        text, lost = compare_predictions(*map(read_predictions, predicted))
        tables, worse = [text, *tables], lost + worse
    return "\n\n".join([*tables, *(f"WORSE: {sentence}" for sentence in worse)] or ["Nothing to compare."]), worse


def read_predictions(file):
    """Return the test images of a predictions file as a table, by digest."""
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    if missing := {"digest", "split", "label", "predicted"} - set(table.columns):
        raise UsageError(f"{file} has no column {min(missing)!r}; notebook 10 writes such files.")
    return table[table["split"] == "test"].set_index("digest")


def compare_predictions(old, new):
    """Return a text on the test images that two tables share, and what got worse beyond chance.

    Labels are those of the new table: a label that was put right is right for both.
    """
    both = old.merge(new, left_index=True, right_index=True, suffixes=("_old", "_new"))
    if both.empty:
        return "The two have no test image in common.", []
    label = both["label_new"]
    right = pd.DataFrame({when: both[f"predicted_{when}"] == label for when in ("old", "new")})
    relabelled = int((both["label_old"] != label).sum())
    gone, added = len(old) - len(both), len(new) - len(both)
    told = f"{len(both):,} test images are in both runs, {gone:,} only in the old, {added:,} only in the new one."
    told += f" {relabelled:,} have another label now, which counts for both." if relabelled else ""
    rows, worse = [], []
    with without_startup_messages():
        mcnemar = definitions("08").mcnemar
    per_class = LEVEL / label.nunique()  # Bonferroni: so many classes are looked at
    for name, level, part in [("all images", LEVEL, right), *((n, per_class, p) for n, p in right.groupby(label))]:
        lost, won, p = mcnemar(part["old"].to_numpy(), part["new"].to_numpy())
        beyond = p < level
        verdict = ("worse" if lost > won else "better") if beyond else "within chance"
        values = f"{part['old'].mean():.1%}", f"{part['new'].mean():.1%}", f"{lost:,}", f"{won:,}", f"{p:.2g}"
        rows.append((name, f"{len(part):,}", *values, verdict))
        if verdict == "worse":
            worse.append(f"{name}: {values[1]} of the same test images are right, {values[0]} were (p = {p:.2g}).")
    head = ("class", "images", "right, old", "right, new", "lost", "won", "p, McNemar", "verdict")
    return "\n\n".join([told, report.markdown_table(head, rows)]), worse


def compare_claims(before, after):
    """Return tables of the claims that moved, those of clocks apart, and what got worse."""
    seeds = json.loads((ROOT / "benchmarks" / "results" / "seeds.json").read_text(encoding="utf-8"))
    moved, clocks, worse = [], [], []
    for name in sorted({*before, *after}):
        old, new = before.get(name, {}), after.get(name, {})
        if new.get("state", "passed") == "failed" != old.get("state"):
            worse.append(f"{name} fails: {new['error']}")
        claimed = {claim["text"]: claim for claim in old.get("claims", [])}
        for claim in new.get("claims", []) if old else []:
            earlier = claimed.pop(claim["text"], None)
            if earlier is None or earlier["value"] == claim["value"]:
                continue
            row, lost = compare_claim(
                name, earlier, claim, seeds.get(name, {}).get(claim["text"], {}).get("values", [])
            )
            (clocks if CLOCK.search(claim["text"]) else moved).append(row)
            worse += lost
        worse += [f"{name}: the claim is gone: {text}" for text in claimed if new]
        if old.get("seconds") and new.get("seconds"):
            pair = old["seconds"], new["seconds"]
            clocks.append((name, "seconds of the notebook", *map(claims.show, pair), "", "not judged"))
    head = ("notebook", "claim", "old", "new", "bound", "verdict")
    titled = {"Claims that moved": moved, "Clocks": clocks}
    return [f"## {title}\n\n{report.markdown_table(head, rows)}" for title, rows in titled.items() if rows], worse


def compare_claim(name, old, new, seeds):
    """Return the row of a claim that moved, and a list with what got worse: nothing or one sentence."""
    verdict = judge(old, new, [value for value in seeds if not isinstance(value, str)])
    bound = f"{new['relation']} {claims.show(new['bound'])}"
    values = claims.show(old["value"]), claims.show(new["value"])
    sentence = f"{name}: {new['text']}: {values[1]}, it was {values[0]} (claimed {bound})."
    return (name, new["text"], *values, bound, verdict), [sentence] if verdict == "worse" else []


def judge(old, new, seeds):
    """Return the verdict on a claim that moved: a missed bound is worse, and so is a value far from those of all seeds.

    Far means: further from the nearest of them than they are from each other, by more than 1% of the old value, since
    another processor moves the last digits, and by more than a tenth of the way from them to the bound, since rounding
    errors move as they like. Clocks are judged by their bounds alone.
    """
    if not new["held"]:
        return "worse" if old["held"] else "missed, as before"
    if not seeds or CLOCK.search(new["text"]) or new["relation"] == "==":
        return "holds"
    sign = 1 if new["relation"] == ">=" else -1
    good, before, values = sign * new["value"], sign * old["value"], [sign * value for value in seeds]
    room = min(values) - sign * new["bound"]
    margin = max(max(values) - min(values), 0.01 * abs(before), 0.1 * room)
    if min(values) - good > margin and good < before:
        return "worse"
    return "better" if good - max(values) > margin and good > before else "within chance"
