"""What the checkers of 05_training_craft are tried on."""

from tests.exercises import Case


def pilots(rng):
    """Return accuracies of a pilot with coarse differences, and a half-width that takes two to some dozens of seeds."""
    count = rng.integers(2, 6)
    without = rng.integers(60, 70, count) / 100
    return without.tolist(), (without + rng.integers(0, 4, count) / 100).tolist(), int(rng.integers(1, 9)) / 200


CASES = {
    "four-patients": Case(
        also=[
            'remedies = dict(zip("ABCD", ("wider", "augment", "longer", "slower"), strict=True))\n'
            'best_of_b, why_lower = np.int64(4), "b"',
            'remedies = {"D": "slower", "C": "longer", "B": "augment", "A": "wider"}\nwhy_lower = "b"\nbest_of_b = 4.0',
        ],
        wrong={
            "A trained longer, C widened": (
                '"wider", "B": "augment", "C": "longer"',
                '"longer", "B": "augment", "C": "wider"',
            ),
            "B taken as underfitting": ('"A": "wider", "B": "augment"', '"A": "augment", "B": "wider"'),
            "D taken as overfitting": (
                '"augment", "C": "longer", "D": "slower"',
                '"slower", "C": "longer", "D": "augment"',
            ),
            "a lower rate for A": (
                '{"A": "wider", "B": "augment", "C": "longer", "D": "slower"}',
                '{"A": "slower", "B": "augment", "C": "longer", "D": "wider"}',
            ),
            "one remedy for all": (
                '{"A": "wider", "B": "augment", "C": "longer", "D": "slower"}',
                'dict.fromkeys("ABCD", "longer")',
            ),
            "the lowest training loss": ("best_of_b = 4", "best_of_b = 15"),
            "the column, not the epoch": ("best_of_b = 4", "best_of_b = 2"),
            "easier images": ('"b"', '"a"'),
            "leakage suspected": ('"b"', '"c"'),
        },
    ),
    "kept-epoch": Case(
        also=[
            '    best, lowest, waited = -1, float("inf"), 0\n'
            "    for epoch in range(len(losses)):\n"
            "        waited += 1\n"
            "        if losses[epoch] < lowest:\n"
            "            best, lowest, waited = epoch, losses[epoch], 0\n"
            "        if waited == patience:\n"
            "            return best\n"
            "    return best",
            "    best = 0\n"
            "    while True:\n"
            "        ahead = losses[best + 1 : best + 1 + patience]\n"
            "        better = [step for step, loss in enumerate(ahead) if loss < losses[best]]\n"
            "        if not better:\n"
            "            return best\n"
            "        best += 1 + better[0]",
        ],
        wrong={
            "an equal loss is better": ("if loss < losses[best]", "if loss <= losses[best]"),
            "an epoch too patient": ("if epoch - best >= patience", "if epoch - best > patience"),
            "patience counted from the start": ("if epoch - best >= patience", "if epoch >= patience"),
            "the best of all epochs": "    return int(np.argmin(losses))",
            "the epoch at which it stops": ("    return best", "    return epoch"),
            "compared with the epoch before": ("if loss < losses[best]", "if epoch and loss < losses[epoch - 1]"),
            "counted from 1": ("    return best", "    return best + 1"),
        },
        inputs=lambda rng: (rng.integers(4, size=rng.integers(1, 9)).tolist(), int(rng.integers(1, 4))),
    ),
    "winners-luck": Case(
        also=[
            "more_images, more_people, same_mistakes = np.sqrt(1500 / 6000), 1.54, 0.0",
            "more_images = 1 / 2\nmore_people = 3.85 / 2.51\nsame_mistakes = np.int64(0)",
        ],
        wrong={
            "luck falls with the number of images": ("more_images = 0.5", "more_images = 0.25"),
            "luck does not depend on images": ("more_images = 0.5", "more_images = 1"),
            "the way round": ("more_images = 0.5", "more_images = 2"),
            "luck grows with the number of people": ("more_people = 1.5", "more_people = 100"),
            "by the square root": ("more_people = 1.5", "more_people = 10"),
            "by the logarithm": ("more_people = 1.5", "more_people = 2"),
            "the number of people does not matter": ("more_people = 1.5", "more_people = 1"),
            "the bias stays": ("same_mistakes = 0", "same_mistakes = 2.6"),
        },
    ),
    "seeds-needed": Case(
        also=[
            "    gains = [after - before for before, after in zip(without, with_remedy, strict=True)]\n"
            "    mean = sum(gains) / len(gains)\n"
            "    s = (sum((gain - mean) ** 2 for gain in gains) / (len(gains) - 1)) ** 0.5\n"
            "    enough = (n for n in range(2, 10**6) if stats.t.ppf(0.975, n - 1) * s <= wanted * n**0.5)\n"
            "    return next(enough)",
            "    n, s = 2, np.std(np.array(with_remedy) - np.array(without), ddof=1)\n"
            "    while stats.t.interval(0.95, n - 1, scale=s / np.sqrt(n) or 1e-9)[1] > wanted:\n"
            "        n += 1\n"
            "    return n",
        ],
        wrong={
            "not in pairs": (
                "np.std(np.subtract(with_remedy, without), ddof=1)",
                "np.hypot(np.std(with_remedy, ddof=1), np.std(without, ddof=1))",
            ),
            "spread of the runs with the remedy": ("np.subtract(with_remedy, without)", "with_remedy"),
            "divided by n": ("ddof=1", "ddof=0"),
            "1.96 in place of t": ("stats.t.ppf(0.975, n - 1)", "1.96"),
            "t of the pilot": ("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.975, len(without) - 1)"),
            "t of three seeds": ("stats.t.ppf(0.975, n - 1)", "4.302653"),
            "90% interval": ("0.975", "0.95"),
            "the largest number that is too small": ("[0]", "[0] - 1"),
            "the whole width": ("<= wanted", "<= wanted / 2"),
            "without the root": ("/ np.sqrt(n)", "/ n"),
            "n degrees of freedom": ("n - 1)", "n)"),
            "begins at three": ("np.arange(2, 1000)", "np.arange(3, 1000)"),
            "right for the example": "    return 5 if wanted < 0.1 else 2",
        },
        inputs=pilots,
    ),
}
