"""What the checkers of 04b_better_and_decided are tried on."""

import numpy as np

from tests.exercises import Case


def photos_in_folds(rng):
    """Return probabilities with ties, labels, folds (at least two), and a function that chooses a threshold."""
    count = rng.integers(3, 9)
    p, labels, fold_of = rng.integers(5, size=count) / 4, rng.integers(2, size=count), rng.integers(3, size=count)
    fold_of[:2] = 0, 1
    return p, labels, fold_of, lambda p, labels: np.mean(p)


CASES = {
    "few-dogs": Case(
        also=[
            "share_right, dogs_among_said, p_here = np.float64(0.9), 1 / 2, 4 / 13",
            "share_right = 0.1 * 0.9 + 0.9 * 0.9\ndogs_among_said = 90 / (90 + 90)\np_here = 0.16 / (0.16 + 0.36)",
        ],
        wrong={
            "the share right falls with the dogs": ("share_right = 0.9", "share_right = 0.5"),
            "the dogs alone count": ("share_right = 0.9", "share_right = 0.09"),
            "as among the validation images": ("dogs_among_said = 0.5", "dogs_among_said = 0.9"),
            "as many as there are dogs": ("dogs_among_said = 0.5", "dogs_among_said = 0.1"),
            "p stays": ("p_here = 0.308", "p_here = 0.8"),
            "p times the share of dogs": ("p_here = 0.308", "p_here = 0.08"),
            "dogs weighted, cats not": ("p_here = 0.308", "p_here = 0.444"),
            "per cent": ("p_here = 0.308", "p_here = 30.8"),
        },
    ),
    "answers-of": Case(
        also=[
            "    means = (outputs[::views] if views == 1 else sum(outputs[k::views] for k in range(views)) / views)\n"
            "    return 1 / (1 + np.exp(-means[:, 0]))",
            "    photos = len(outputs) // views\n"
            "    return [probability_of(np.mean(outputs[views * i : views * (i + 1)])) for i in range(photos)]",
        ],
        wrong={
            "broken as given": "    p = probability_of(outputs.reshape(views, -1))\n    return p.mean(axis=0)",
            "the mean of probabilities": "    return probability_of(outputs.reshape(-1, views)).mean(axis=1)",
            "views in blocks": "    return probability_of(outputs.reshape(views, -1).mean(axis=0))",
            "the mean over photos": ("axis=1", "axis=0"),
            "always two views": ("(-1, views)", "(-1, 2)"),
            "logits returned": "    return outputs.reshape(-1, views).mean(axis=1)",
            "the first view alone": "    return probability_of(outputs[::views, 0])",
            "a column": ("axis=1", "axis=1, keepdims=True"),
            "a sum": (".mean(", ".sum("),
        },
        inputs=lambda rng: (rng.integers(-3, 4, (6, 1)) / 2, int(rng.choice([1, 2, 3, 6]))),
    ),
    "door-table": Case(
        also=[
            'best_half, cost_half, best_tenth, pattern = np.float64(0.3), 62 / 500, 0.4, "c"',
            'best_half = 0.3\ncost_half = (5 * 7 + 27) / 500\nbest_tenth = np.float32(0.4)\npattern = "c"',
        ],
        wrong={
            "1/6 after label smoothing, unchecked": ("best_half = 0.3", "best_half = 0.2"),
            "the row below the threshold counts as dog": ("best_half = 0.3", "best_half = 0.4"),
            "the sum of costs": ("cost_half = 0.124", "cost_half = 62"),
            "dogs let in left out": ("cost_half = 0.124", "cost_half = 0.054"),
            "the cost of another threshold": ("cost_half = 0.124", "cost_half = 0.132"),
            "both mistakes cost 1": ("cost_half = 0.124", "cost_half = 0.068"),
            "the threshold does not move": ("best_tenth = 0.4", "best_tenth = 0.3"),
            "1.8/2.8, unchecked": ("best_tenth = 0.4", "best_tenth = 0.6"),
            "taken as too sure": ('"c"', '"b"'),
            "only low rows looked at": ('"c"', '"d"'),
        },
    ),
    "honest-cost": Case(
        also=[
            "    costs = []\n"
            "    for at, fold in enumerate(fold_of):\n"
            "        threshold = choose(p[fold_of != fold], labels[fold_of != fold])\n"
            "        costs.append(mean_cost(p[at : at + 1], labels[at : at + 1], threshold))\n"
            "    return np.mean(costs)",
            "    thresholds = np.empty(len(p))\n"
            "    for fold in set(fold_of.tolist()):\n"
            "        thresholds[fold_of == fold] = choose(p[fold_of != fold], labels[fold_of != fold])\n"
            "    return mean_cost(p, labels, thresholds)",
        ],
        wrong={
            "chosen and judged on the same photos": "    return mean_cost(p, labels, choose(p, labels))",
            "chosen on the own fold": ("choose(p[~own], labels[~own])", "choose(p[own], labels[own])"),
            "chosen on all photos": ("choose(p[~own], labels[~own])", "choose(p, labels)"),
            "judged on the others": (
                "mean_cost(p[own], labels[own], threshold)",
                "mean_cost(p[~own], labels[~own], threshold)",
            ),
            "mean of the folds' means": (
                "        total += own.sum() * mean_cost(p[own], labels[own], threshold)\n    return total / len(p)",
                "        total += mean_cost(p[own], labels[own], threshold)\n"
                "    return total / len(np.unique(fold_of))",
            ),
            "folds numbered from 0": ("np.unique(fold_of)", "range(fold_of.max() + 1)"),
            "only the last fold": ("total += own", "total = own"),
            "the sum of costs": ("total / len(p)", "total"),
            "other prices": ("labels[own], threshold)", "labels[own], threshold, 1, 5)"),
        },
        inputs=photos_in_folds,
    ),
}
