"""What the checkers of 08_evaluation are tried on."""

import numpy as np

from tests.exercises import Case

PATHS = """
### BEGIN SOLUTION
network_rare, precision_rare = {}, {}
network_common, precision_common = {}, {}
larger_auc = {}
### END SOLUTION
"""


def labels_and_answers(rng):
    """Return arguments of bootstrap_differences: few images of few classes, so that ties occur."""
    n = int(rng.integers(2, 9))
    return (
        *rng.integers(0, 3, (3, n)),
        lambda t, p: float(np.mean(t == p)),
        int(rng.integers(1, 4)),
        int(rng.integers(99)),
    )


def pilot(rng):
    """Return arguments of plan."""
    n = int(rng.integers(5, 200))
    plain, augmented = rng.random((2, n)) < rng.choice([0.5, 0.9, 0.98, 1])
    return (
        plain,
        augmented,
        float(rng.choice([0.01, 0.03, 0.1, 0.3])),
        rng.permutation(6)[: rng.integers(1, 4)].tolist(),
    )


CASES = {
    "two-paths": Case(
        also=[
            PATHS.format('"A"', "0.6 / (0.6 + 0.99)", '"B"', "97 / (97 + 80)", '"B"'),
            PATHS.format('"A"', "np.float64(0.38)", '"B"', "np.float32(0.55)", 'str("B")'),
        ],
        wrong={
            "precision on images half of which are bears": PATHS.format('"A"', 0.984, '"B"', 0.829, '"B"'),
            "network of the larger AUC on both paths": PATHS.format('"B"', 0.336, '"B"', 0.548, '"B"'),
            "odds instead of shares": PATHS.format('"A"', 0.606, '"B"', 0.548, '"B"'),
            "the smallest false positive rate on the rare path": PATHS.format('"A"', 0.802, '"B"', 0.548, '"B"'),
            "AUC judged by the left end": PATHS.format('"A"', 0.377, '"B"', 0.548, '"A"'),
            "percent": PATHS.format('"A"', 37.7, '"B"', 54.8, '"B"'),
            "not the highest recall on the common path": PATHS.format('"A"', 0.377, '"B"', 0.789, '"B"'),
            "share of false warnings": PATHS.format('"A"', 0.623, '"B"', 0.452, '"B"'),
        },
    ),
    "bootstrap-differences": Case(
        also=[
            """
    ### BEGIN SOLUTION
    draws = np.random.default_rng(seed).integers(0, len(y_true), (resamples, len(y_true)))
    return [score(y_true[d], second[d]) - score(y_true[d], first[d]) for d in draws]
    ### END SOLUTION
""",
            """
    ### BEGIN SOLUTION
    rng, rows = np.random.default_rng(seed), np.stack([y_true, first, second], axis=1)
    values = np.zeros(resamples)
    for k in range(resamples):
        truth, a, b = rng.choice(rows, len(rows)).T
        values[k] = score(truth, b) - score(truth, a)
    return values
    ### END SOLUTION
""",
        ],
        wrong={
            "labels and answers apart": (
                "second[draw]) - score(truth, first[draw])",
                "rng.choice(second, len(second))) - score(truth, rng.choice(first, len(first)))",
            ),
            "each network on its own draw": (
                "- score(truth, first[draw])",
                "- (lambda d: score(y_true[d], first[d]))(rng.choice(len(y_true), len(y_true)))",
            ),
            "without replacement": ("rng.choice(len(y_true), len(y_true))", "rng.permutation(len(y_true))"),
            "first minus second": (
                "score(truth, second[draw]) - score(truth, first[draw])",
                "score(truth, first[draw]) - score(truth, second[draw])",
            ),
            "too few images in a draw": ("len(y_true), len(y_true)", "len(y_true), len(y_true) // 2"),
            "one draw for all resamples": (
                "draw = rng.choice(len(y_true), len(y_true))",
                "draw = np.random.default_rng(seed).choice(len(y_true), len(y_true))",
            ),
            "arguments of the score exchanged": (
                "score(truth, second[draw]) - score(truth, first[draw])",
                "score(second[draw], truth) - score(first[draw], truth)",
            ),
            "labels not drawn": ("truth = y_true[draw]", "truth = y_true"),
            "the seed ignored": ("default_rng(seed)", "default_rng(0)"),
        },
        inputs=labels_and_answers,
    ),
    "without-mistake": Case(
        also=[
            """
    ### BEGIN SOLUTION
    n = 1
    while (1 - e) ** n > 1 - level:
        n += 1
    return n
    ### END SOLUTION
""",
        ],
        wrong={
            "rounded down": ("np.ceil", "np.floor"),
            "the rule of three, nearly": ("np.log(1 - e)", "-e"),
            "always 95%": ("np.log(1 - level)", "np.log(0.05)"),
            "one more than needed": ("int(np.ceil(", "int(1 + np.floor("),
            "share and level exchanged": ("np.log(1 - level) / np.log(1 - e)", "np.log(level) / np.log(1 - e)"),
            "a float": (
                "int(np.ceil(np.log(1 - level) / np.log(1 - e)))",
                "np.ceil(np.log(1 - level) / np.log(1 - e))",
            ),
        },
        inputs=lambda rng: (float(rng.choice([0.01, 0.03, 0.1, 0.25, 0.4])), float(rng.choice([0.6, 0.9, 0.95, 0.99]))),
    ),
    "comparison-plan": Case(
        also=[
            """
    ### BEGIN SOLUTION
    d = np.mean(np.asarray(plain_correct) ^ np.asarray(augmented_correct))
    d = wilson(d, len(plain_correct), 0.95)[1]
    runs = []
    for seed in seeds:
        runs.append([True, seed])
        runs.append([False, seed])
    return [images_needed(delta, delta if d < delta else d), runs]
    ### END SOLUTION
""",
        ],
        wrong={
            "the disagreement of the pilot itself": (
                "high = metrics.wilson_interval(differ, len(plain_correct))[1]",
                "high = differ / len(plain_correct)",
            ),
            "a 90% interval": ("len(plain_correct))[1]", "len(plain_correct), 0.9)[1]"),
            "the lower end": ("[1]", "[0]"),
            "disagreement below the difference": ("max(high, delta)", "high"),
            "difference of the accuracies": (
                "int(np.sum(plain_correct != augmented_correct))",
                "int(abs(np.sum(plain_correct) - np.sum(augmented_correct)))",
            ),
            "wrong answers instead of differing ones": (
                "np.sum(plain_correct != augmented_correct)",
                "np.sum(~(plain_correct & augmented_correct))",
            ),
            "other seeds with augmentation": (
                "[(augmented, seed) for seed in seeds for augmented in (False, True)]",
                "[(False, s) for s in seeds] + [(True, s + len(seeds)) for s in seeds]",
            ),
            "seeds halved between the two": (
                "[(augmented, seed) for seed in seeds for augmented in (False, True)]",
                "[(k % 2 == 0, seed) for k, seed in enumerate(seeds)]",
            ),
            "a single seed": ("for seed in seeds for", "for seed in seeds[:1] for"),
            "seed first": ("(augmented, seed) for", "(seed, augmented) for"),
        },
        inputs=pilot,
    ),
}
