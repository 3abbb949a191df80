"""What the checkers of 08b_confidence are tried on."""

import numpy as np

from tests.exercises import Case

BINS = """
### BEGIN SOLUTION
ece, gap, temperature = {}, {}, "{}"
accuracy_after, lowest_bin = {}, "{}"
### END SOLUTION
"""
AT_HOME = """
### BEGIN SOLUTION
coverage, largest_set, honest_row = {}, {}, {}
### END SOLUTION
"""


def eighths(rng, n, classes):
    """Return probabilities in eighths, (n, classes), so that equal ones occur and sums are exact."""
    return rng.multinomial(8, np.full(classes, 1 / classes), n) / 8


def of_one_image(rng):
    """Return arguments of adaptive_list."""
    p = eighths(rng, 1, int(rng.integers(2, 6)))[0]
    if rng.random() < 0.3:
        p = np.full(10, 0.1)
    return p, float(rng.choice([0, 0.125, 0.25, 0.3, 0.5, 0.7, 0.75, 1]))


def calibration_and_new(rng):
    """Return arguments of class_sets."""
    classes, n = int(rng.integers(2, 5)), int(rng.integers(1, 30))
    level = float(rng.choice([0.5, 0.75, 0.9]))
    return eighths(rng, n, classes), rng.integers(0, classes, n), eighths(rng, 5, classes), level


CASES = {
    "four-bins": Case(
        also=[
            BINS.format("(6 + 0 + 24 + 50) / 1000", "0.771 - 0.703", "above", "703 / 1000", "worse"),
            BINS.format("np.float32(0.0795)", "np.float64(0.0675)", "above", "0.7025", "worse"),
        ],
        wrong={
            "signed distances as ECE": BINS.format(0.068, 0.068, "above", 0.703, "worse"),
            "rows not weighted": BINS.format(0.075, 0.015, "above", 0.703, "worse"),
            "gap the other way round": BINS.format(0.08, -0.068, "above", 0.703, "worse"),
            "ECE as gap": BINS.format(0.08, 0.08, "above", 0.703, "worse"),
            "temperature that sharpens": BINS.format(0.08, 0.068, "below", 0.703, "worse"),
            "temperature changes answers": BINS.format(0.08, 0.068, "above", 0.771, "worse"),
            "every row gains": BINS.format(0.08, 0.068, "above", 0.703, "better"),
            "percent": BINS.format(8, 6.8, "above", 70.3, "worse"),
        },
    ),
    "adaptive-list": Case(
        also=[
            """
    ### BEGIN SOLUTION
    chosen, total = [], 0.0
    for k in sorted(range(len(p)), key=lambda k: -p[k]):
        chosen.append(k)
        total += p[k]
        if total >= wanted - 1e-9:
            break
    return np.array(chosen)
    ### END SOLUTION
""",
        ],
        wrong={
            "the last class is missing": ("int(np.argmax(reached)) + 1", "int(np.argmax(reached))"),
            "one class too many": ("int(np.argmax(reached)) + 1", "int(np.argmax(reached)) + 2"),
            "equal ones in the wrong order": ('np.argsort(-p, kind="stable")', "np.argsort(p)[::-1]"),
            "unlikeliest first": ("np.argsort(-p,", "np.argsort(p,"),
            "must exceed": (">= wanted - 1e-9", "> wanted + 1e-9"),
            "no allowance for rounding": (">= wanted - 1e-9", ">= wanted"),
            "too much allowance": ("1e-9", "1e-3"),
            "not sorted by probability": ("for k in order[:count]", "for k in sorted(order[:count])"),
            "only the likeliest if never reached": ("else len(p)", "else 1"),
            "classes above a threshold": (
                "return [int(k) for k in order[:count]]",
                "return [int(k) for k in order if p[k] >= 1 - wanted] or [int(order[0])]",
            ),
        },
        inputs=of_one_image,
    ),
    "class-sets": Case(
        also=[
            """
    ### BEGIN SOLUTION
    sets = np.zeros(p_new.shape, bool)
    for k in range(p_new.shape[1]):
        own = p_val[y_val == k, k]
        limit = conformal_quantile(1 - own, level)
        for i, p in enumerate(p_new):
            sets[i, k] = 1 - p[k] <= limit
    return sets.tolist()
    ### END SOLUTION
""",
            """
    ### BEGIN SOLUTION
    own = [nonconformity_scores(p_val, y_val)[y_val == k] for k in range(p_val.shape[1])]
    columns = [prediction_sets(p_new[:, k], conformal_quantile(s, level)) for k, s in enumerate(own)]
    return np.stack(columns, axis=1)
    ### END SOLUTION
""",
        ],
        wrong={
            "calibration images by answer": ("y_val == k", "p_val.argmax(axis=1) == k"),
            "limit of the answer": ("<= np.array(limits)", "<= np.array(limits)[p_new.argmax(axis=1)][:, None]"),
            "one limit for all": ("scores[y_val == k]", "scores"),
            "scores of all images for each class": ("scores[y_val == k]", "1 - p_val[:, k]"),
            "a plain quantile": (
                "conformal_quantile(scores[y_val == k], level)",
                "np.quantile(scores[y_val == k], level) if (y_val == k).any() else np.inf",
            ),
            "below the limit only": ("1 - p_new <= np.array", "1 - p_new < np.array"),
            "probabilities, not scores": ("return 1 - p_new", "return p_new"),
            "classes that do not occur left out": ("range(p_val.shape[1])", "np.unique(y_val)"),
            "only the true class if it fits best": (
                "<= np.array(limits)",
                "<= np.minimum(np.array(limits), 1 - p_new.max(axis=1, keepdims=True))",
            ),
        },
        inputs=calibration_and_new,
    ),
    "calibrated-at-home": Case(
        also=[
            AT_HOME.format("780 / 1500", "np.int64(1)", "4.0"),
            AT_HOME.format("np.float32(0.52)", "1", "np.int32(4)"),
        ],
        wrong={
            "the promise": AT_HOME.format(0.95, 1, 4),
            "the accuracy": AT_HOME.format(0.8, 1, 4),
            "all classes": AT_HOME.format(0.52, 10, 4),
            "as on the training images": AT_HOME.format(0.52, 1, 1),
            "quantile among the likely ones": AT_HOME.format(0.52, 1, 2),
            "one row too early": AT_HOME.format(0.52, 1, 3),
            "percent": AT_HOME.format(52, 1, 4),
            "no class at all": AT_HOME.format(0.52, 0, 4),
        },
    ),
}
