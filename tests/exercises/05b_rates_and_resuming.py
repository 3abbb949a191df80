"""What the checkers of 05b_rates_and_resuming are tried on."""

import numpy as np

from tests.exercises import Case


def plans(rng):
    """Return arguments of `plan`."""
    epochs, per_epoch, size = (int(n) for n in rng.integers(1, 5, 3))
    return int(rng.integers(0, epochs + 1)), epochs, per_epoch * size, size, float(rng.integers(1, 4)), 7


def epochs_seen(rng):
    """Return arguments of `watch`: small losses, so that they tie."""
    best, loss = rng.choice([0.5, 1.0, 2.0, np.inf], 2)
    state = {"best": float(best), "waited": int(rng.integers(0, 5))}
    return state, float(loss if rng.random() < 0.9 else np.nan), int(rng.integers(1, 5))


def batch_sizes(rng):
    """Return arguments of `comparison`."""
    sizes = [int(size) for size in rng.choice([1, 2, 4, 5, 10, 20], 3, replace=False)]
    return sizes, int(20 * rng.integers(1, 5)), int(rng.integers(1, 30)), list(range(int(rng.integers(1, 4))))


CASES = {
    "four-rates": Case(
        also=[
            'rate_of = dict(zip("CBDA", (1e-5, 1e-3, 8e-3, 1e-1), strict=True))\nwhat_a_does = "c"',
            'rate_of = {}\nrate_of["A"], rate_of["B"] = np.float32(0.1), 0.001\n'
            'rate_of["C"], rate_of["D"] = 0.00001, 0.008\nwhat_a_does = "c"',
        ],
        wrong={
            "flat lines swapped": ('"A": 0.1, "B": 0.001, "C": 0.00001', '"A": 0.00001, "B": 0.001, "C": 0.1'),
            "learning runs swapped": (
                '"B": 0.001, "C": 0.00001, "D": 0.008',
                '"B": 0.008, "C": 0.00001, "D": 0.001',
            ),
            "fastest is the largest rate": ('"A": 0.1, "B": 0.001', '"A": 0.001, "B": 0.1'),
            "sorted by the final loss": 'rate_of = {"A": 1e-5, "C": 0.001, "B": 0.008, "D": 0.1}\nwhat_a_does = "c"',
            "A has not moved": ('what_a_does = "c"', 'what_a_does = "a"'),
            "A is overfitted": ('what_a_does = "c"', 'what_a_does = "b"'),
            "A is sure and wrong": ('what_a_does = "c"', 'what_a_does = "d"'),
            "letters from rates": "rate_of = {0.1: 'A', 0.001: 'B', 1e-5: 'C', 0.008: 'D'}\nwhat_a_does = 'c'",
        },
    ),
    "lagging-averages": Case(
        also=[
            "in_training = [0, 1]\nat_inference = np.array([1.02, 1.4])\nneeded = 459.0",
            "mean, variance = 0.0, 1.0\nfor _ in range(60):\n    mean = 0.99 * mean + 0.01 * 4\n"
            "    variance = 0.99 * variance + 0.01 * 9\nin_training = np.zeros(2) + [0, 1]\n"
            "at_inference = ((4 - mean) / np.sqrt(variance), 3 / np.sqrt(variance))\n"
            "needed = math.ceil(math.log(0.01) / math.log(0.99))",
        ],
        wrong={
            "averages caught up": ("(1.018, 1.395)", "(0.0, 1.0)"),
            "averages at the start": ("(1.018, 1.395)", "(4.0, 3.0)"),
            "shares swapped": ("(1.018, 1.395)", f"({4 * 0.4528 / 5.377**0.5}, {3 / 5.377**0.5})"),
            "deviation averaged": ("(1.018, 1.395)", f"({2.1886 / 1.9057}, {3 / 1.9057})"),
            "divided by the variance": ("(1.018, 1.395)", f"({2.1886 / 4.6226}, {3 / 4.6226})"),
            "variance for deviation": ("(1.018, 1.395)", "(1.018, 1.947)"),
            "training by running averages": ("(0.0, 1.0)", "(1.018, 1.395)"),
            "pairs swapped": "in_training = (1.018, 1.395)\nat_inference = (0.0, 1.0)\nneeded = 459",
            "one update too few": ("459", "458"),
            "one percent of each": ("459", "100"),
        },
    ),
    "resumed-plan": Case(
        also=[
            "    rows = []\n    for epoch in range(epochs):\n"
            "        order = list(np.random.default_rng([epoch, seed]).permutation(count))\n"
            "        while order:\n"
            "            rate = training.cosine_decay(len(rows) * batch_size / (epochs * count), peak)\n"
            "            rows.append([rate, order[:batch_size]])\n            del order[:batch_size]\n"
            "    return rows[first_epoch * count // batch_size :]",
            "    rng, rows = np.random.default_rng(seed), []\n    for _ in range(epochs):\n"
            "        order = rng.permutation(count)\n        for start in range(0, count, batch_size):\n"
            "            progress = len(rows) / (epochs * count / batch_size)\n"
            "            rows.append((training.cosine_decay(progress, peak), order[start : start + batch_size]))\n"
            "    return rows[first_epoch * (count // batch_size) :]",
        ],
        wrong={
            "schedule restarts": (
                "(epoch * per_epoch + update) / (epochs * per_epoch)",
                "((epoch - first_epoch) * per_epoch + update) / ((epochs - first_epoch) * per_epoch)",
            ),
            "schedule of the whole run, from its start": ("epoch * per_epoch + update", "len(rows)"),
            "order restarts": ("(seed, epoch)", "(seed, epoch - first_epoch)"),
            "the same order in each epoch": ("(seed, epoch)", "seed"),
            "order without the seed": ("(seed, epoch)", "epoch"),
            "orders shared by neighbouring seeds": ("(seed, epoch)", "seed + epoch"),
            "rate changes by epoch only": ("epoch * per_epoch + update", "epoch * per_epoch"),
            "progress counts epochs from 1": ("(epoch * per_epoch + update)", "((epoch + 1) * per_epoch + update)"),
            "ends at the last update": ("(epochs * per_epoch)", "(epochs * per_epoch - 1)"),
        },
        inputs=plans,
    ),
    "watch": Case(
        also=[
            '    lower = loss < state["best"]\n    state["waited"] = 0 if lower else state["waited"] + 1\n'
            '    state["best"] = loss if lower else state["best"]\n'
            '    return state, not lower and state["waited"] >= patience',
            '    best = np.fmin(state["best"], loss)\n    waited = (state["waited"] + 1) * int(best == state["best"])\n'
            "    return dict(best=best, waited=waited), waited >= patience",
        ],
        wrong={
            "equal counts as lower": ('loss < state["best"]', 'loss <= state["best"]'),
            "NaN counts as lower": ('loss < state["best"]', 'not loss >= state["best"]'),
            "compares with the last loss": ('{"best": state["best"], "waited"', '{"best": loss, "waited"'),
            "one epoch too late": ("waited >= patience", "waited > patience"),
            "only at exactly the patience": ("waited >= patience", "waited == patience"),
            "never begins again": ('"waited": 0}', '"waited": state["waited"]}'),
            "remembers by itself": (
                '    if loss < state["best"]:',
                '    watch.best = state["best"] = min(getattr(watch, "best", np.inf), state["best"])\n'
                '    if loss < state["best"]:',
            ),
        },
        inputs=epochs_seen,
    ),
    "batch-comparison": Case(
        also=[
            "    found = []\n    for seed in seeds:\n        for size in sizes:\n"
            "            for count in {images / size, updates}:\n"
            "                peak = 0.004 * np.sqrt(size) / np.sqrt(50)\n"
            "                found.append(dict(batch_size=size, updates=int(count), peak=peak, seed=seed))\n"
            "    return found",
        ],
        wrong={
            "linear rule": ("math.sqrt(b / 50)", "(b / 50)"),
            "one peak for all": (" * math.sqrt(b / 50)", ""),
            "equal images only": ("(images // size, updates)", "(images // size,)"),
            "equal updates only": ("(images // size, updates)", "(updates,)"),
            "epochs for updates": ("images // size", "images"),
            "runs planned twice": (
                "{(size, count) for size in sizes for count in (images // size, updates)}",
                "[(size, count) for size in sizes for count in (images // size, updates)]",
            ),
            "another seed for each run": (
                "for b, u in sorted(pairs)\n        for seed in seeds",
                "for seed, (b, u) in enumerate(sorted(pairs))",
            ),
            "seeds counted from 0": ("for seed in seeds", "for seed in range(len(seeds))"),
        },
        inputs=batch_sizes,
    ),
}
