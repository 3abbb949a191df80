"""What the checkers of 10_your_own_images are tried on."""

from tests.exercises import Case


def digests(rng):
    """Return some digests and a share."""
    listed = [rng.bytes(32).hex() for _ in range(rng.integers(1, 20))]
    return listed, float(rng.choice([0.0, 0.05, 0.15, 0.5, 1.0]))


def plan_inputs(rng):
    """Return recalls, numbers of images, and a budget, with ties."""
    count = rng.integers(1, 5)
    recall = (rng.integers(0, 5, count) / 4).tolist()
    return recall, rng.integers(0, 8, count).tolist(), int(rng.integers(0, 12))


CASES = {
    "stable-test-set": Case(
        also=[
            "    return [int(digest, 16) < share * 2**256 for digest in digests]",
            '    return np.array([float.fromhex("0x0." + digest[:13]) for digest in digests]) < share',
        ],
        wrong={
            "as given": (
                "    order = np.random.default_rng(0).permutation(len(digests))\n"
                "    return order < share * len(digests)"
            ),
            "the first images": "    return np.arange(len(digests)) < share * len(digests)",
            "ranks of the digests": ("    return np.argsort(np.argsort(digests)) < share * len(digests)"),
            "Python's own hash": ("int(digest[:12], 16) / 16**12", "hash(digest) % 1000 / 1000"),
            "two digits, as a percentage": ("int(digest[:12], 16) / 16**12", "int(digest[:2], 16) / 100"),
            "one digit": ("int(digest[:12], 16) / 16**12", "int(digest[:1], 16) / 16"),
            "divided by a power of ten": ("16**12", "10**12"),
            "one power too many": ("16**12", "16**13"),
            "above the share": ("< share", "> 1 - share"),
            "the share itself included": ("< share", "<= share"),
        },
        inputs=digests,
    ),
    "pick-bound": Case(
        also=[
            "    spread = (a * (1 - a) * (n + m) / (n * m)) ** 0.5\n    return a - 3 * spread if a > 3 * spread else 0",
            "    of_both = np.hypot(np.sqrt(n * a * (1 - a)) / n, np.sqrt(m * a * (1 - a)) / m)\n"
            "    return np.clip(a - 3 * of_both, 0, None)",
        ],
        wrong={
            "the first test alone": ("+ a * (1 - a) / m", ""),
            "the new test alone": ("a * (1 - a) / n + a * (1 - a) / m", "a * (1 - a) / m"),
            "deviations added": (
                "np.sqrt(variance)",
                "(np.sqrt(a * (1 - a) / n) + np.sqrt(a * (1 - a) / m))",
            ),
            "one large test": ("a * (1 - a) / n + a * (1 - a) / m", "a * (1 - a) / (n + m)"),
            "numbers, not accuracies": ("a * (1 - a) / n + a * (1 - a) / m", "a * (1 - a) * n + a * (1 - a) * m"),
            "no root": ("np.sqrt(variance)", "variance"),
            "two deviations": ("3 * np.sqrt", "1.96 * np.sqrt"),
            "below zero": ("max(0.0, a - 3 * np.sqrt(variance))", "a - 3 * np.sqrt(variance)"),
            "for equal sizes only": ("a * (1 - a) / n + a * (1 - a) / m", "2 * a * (1 - a) / n"),
        },
        inputs=lambda rng: (int(rng.integers(0, 11)) / 10, int(rng.integers(1, 500)), int(rng.integers(1, 500))),
    ),
    "predict-copies": Case(
        also=[
            'copied = {"test": "same", "training": "same", "left out": "more"}\n'
            'misplaced = dict.fromkeys(("test", "training"), "fewer") | {"left out": "more"}',
        ],
        wrong={
            "copies are used": ('"training": "same"', '"training": "more"'),
            "copies go anywhere": (
                '"training": "same", "test": "same"',
                '"training": "more", "test": "more"',
            ),
            "originals of copies go, too": (
                '"training": "same", "test": "same"',
                '"training": "fewer", "test": "fewer"',
            ),
            "nothing is left out": ('copied = {"left out": "more"', 'copied = {"left out": "same"'),
            "the folder of the dogs wins": (
                '"training": "fewer", "test": "fewer"',
                '"training": "same", "test": "same"',
            ),
            "both are used": (
                '{"left out": "more", "training": "fewer", "test": "fewer"}',
                '{"left out": "same", "training": "more", "test": "more"}',
            ),
            "contradictions may be tested": ('"test": "fewer"', '"test": "same"'),
            "contradictions may be learnt": ('"training": "fewer"', '"training": "same"'),
        },
    ),
    "budget": Case(
        also=[
            "    total = np.array(images)\n"
            "    for _ in range(budget):\n"
            "        total[np.argmin(np.array(recall) * total)] += 1\n"
            "    return (total - images).tolist()",
            "    extra = dict.fromkeys(range(len(recall)), 0)\n"
            "    while sum(extra.values()) < budget:\n"
            "        extra[min(extra, key=lambda k: recall[k] * (images[k] + extra[k]))] += 1\n"
            "    return tuple(extra.values())",
        ],
        wrong={
            "by recall alone": ("values.index(min(values))", "recall.index(min(recall))"),
            "labels given out do not count": ("r * (n + e)", "r * n"),
            "by number alone": ("r * (n + e)", "n + e"),
            "the largest first": ("values.index(min(values))", "values.index(max(values))"),
            "the last of equal ones": (
                "values.index(min(values))",
                "len(values) - 1 - values[::-1].index(min(values))",
            ),
            "images and labels together": ("return extra", "return [n + e for n, e in zip(images, extra)]"),
            "one short": ("range(budget)", "range(budget - 1)"),
            "in equal parts": "    return [budget // len(recall)] * len(recall)",
            "the list of the caller is changed": (
                "    old = list(images)\n"
                "    for _ in range(budget):\n"
                "        values = [r * n for r, n in zip(recall, images)]\n"
                "        images[values.index(min(values))] += 1\n"
                "    return [n - o for n, o in zip(images, old)]"
            ),
        },
        inputs=plan_inputs,
    ),
    "own-report": Case(
        also=[
            'my_plan = {"test images": np.int64(450), "baseline": 0.5, "expected": 0.98, "MIN_ACCURACY": 0.952,\n'
            '           "unit": "series", "left out": {"contradictions", "second copies"}, "run": "nightly"}',
            "accuracy, count = 0.8, 200\n"
            'my_plan = {"test images": count, "baseline": 1 / 3, "expected": accuracy}\n'
            'my_plan["MIN_ACCURACY"] = accuracy - 3 * np.sqrt(2 * accuracy * (1 - accuracy) / count)\n'
            'my_plan.update(unit="series", run="nightly")\n'
            'my_plan["left out"] = ("second copies", "contradictions")',
        ],
        wrong={
            "bound at the expected accuracy": ("0.736", "0.9"),
            "the next test alone": ("0.736", "0.784"),
            "a round number": ("0.736", "0.75"),
            "bound below the baseline": (
                '"test images": 60, "baseline": 0.4, "expected": 0.9, "MIN_ACCURACY": 0.736',
                '"test images": 20, "baseline": 0.7, "expected": 0.9, "MIN_ACCURACY": 0.615',
            ),
            "photo by photo": ('"series"', '"photo"'),
            "whole classes": ('"series"', '"class"'),
            "mistakes left out": ('"contradictions"]', '"contradictions", "mistakes"]'),
            "near-duplicates left out": ('"contradictions"]', '"contradictions", "near-duplicates"]'),
            "contradictions used": (', "contradictions"]', "]"),
            "tried until it passes": ('"nightly"', '"until it passes"'),
            "run once": ('"nightly"', '"once"'),
            "percent": ('"expected": 0.9', '"expected": 90'),
        },
    ),
}
