"""What the checkers of 08c_mistakes_and_robustness are tried on."""

from tests.exercises import Case


def curve(rng):
    """Return severities that rise from 0, accuracies with ties and dips, and a wanted accuracy."""
    count = rng.integers(2, 7)
    severities = rng.integers(1, 4, count).cumsum() - 1.0
    return severities - severities[0], rng.integers(0, 6, count) / 5, int(rng.integers(0, 11)) / 10


CASES = {
    "fair-widths": Case(
        also=[
            'narrow_fair, wide_fair, reading = np.float32(0.09), np.float64(0.07), "b"',
            'narrow_fair = 0.5 * 0.03 + 0.5 * 0.15\nwide_fair = 0.07\nreading = "b"',
        ],
        wrong={
            "all digits of a width together": (
                'narrow_fair, wide_fair, reading = (12 + 15) / 500, (2 + 48) / 500, "b"'
            ),
            "together, and believed": 'narrow_fair, wide_fair, reading = 27 / 500, 50 / 500, "a"',
            "fair numbers, but the wide ones blamed": ('"b"', '"a"'),
            "no difference": ('"b"', '"c"'),
            "cause turned round": ('"b"', '"d"'),
            "percent": 'narrow_fair, wide_fair, reading = 9, 7, "b"',
            "narrow and wide swapped": 'narrow_fair, wide_fair, reading = 0.07, 0.09, "b"',
            "shares added, not averaged": ("(12 / 400 + 15 / 100) / 2", "12 / 400 + 15 / 100"),
            "right answers in place of mistakes": 'narrow_fair, wide_fair, reading = 0.91, 0.93, "b"',
        },
    ),
    "checked-by-itself": Case(
        also=[
            "a_measured = 1 - 70 / 1000\nb_measured = 0.99\na_corrected = np.float32(0.97)\nb_corrected = 990 / 1000",
            "a_measured, b_measured, a_corrected, b_corrected = np.array([93, 99, 97, 99]) / 100",
        ],
        wrong={
            "the true accuracies": "a_measured, b_measured = 0.97, 0.95\na_corrected, b_corrected = 0.97, 0.95",
            "wrong labels count against B as well": ("0.93, 0.99", "0.93, 0.91"),
            "wrong labels without A's mistakes": ("0.93, 0.99", "0.96, 0.99"),
            "correction brings B to the truth": ("0.97, 0.99", "0.97, 0.95"),
            "correction makes A perfect": ("0.97, 0.99", "1.0, 0.99"),
            "disagreements removed": ("0.97, 0.99", "1.0, 1.0"),
            "percent": "a_measured, b_measured, a_corrected, b_corrected = 93, 99, 97, 99",
        },
    ),
    "severity-at": Case(
        also=[
            "    for k, value in enumerate(accuracies):\n"
            "        if value <= wanted:\n"
            "            before = max(k - 1, 0)\n"
            "            x, y = [severities[k], severities[before]], [value, accuracies[before]]\n"
            "            return float(np.interp(wanted, y, x)) if k else severities[0]\n"
            "    return np.inf",
            "    low = np.asarray(accuracies, float) <= wanted\n"
            "    if low[0] or not low.any():\n"
            '        return severities[0] if low[0] else float("inf")\n'
            "    k = int(low.argmax())\n"
            "    rise = (severities[k] - severities[k - 1]) / (accuracies[k] - accuracies[k - 1])\n"
            "    return np.float64(severities[k] + rise * (wanted - accuracies[k]))",
        ],
        wrong={
            "as given": "    return float(np.interp(wanted, accuracies, severities))",
            "turned round": "    return float(np.interp(wanted, accuracies[::-1], severities[::-1]))",
            "sorted": (
                "    order = np.argsort(accuracies)\n"
                "    if min(accuracies) > wanted:\n"
                "        return np.inf\n"
                "    return float(np.interp(wanted, np.array(accuracies)[order], np.array(severities)[order]))"
            ),
            "the last time": ("k = below[0]", "k = below[-1]"),
            "the end if it never falls so far": ("return np.inf", "return float(severities[-1])"),
            "equal steps": ("part * (severities[k] - severities[k - 1])", "part * severities[1]"),
            "no line between the points": (
                "    return float(severities[k - 1] + part * (severities[k] - severities[k - 1]))",
                "    return float(severities[k])",
            ),
            "strictly below": ("if value <= wanted", "if value < wanted - 1e-9"),
            "for three points only": ("k = below[0]", "k = min(below[0], 2)"),
        },
        inputs=curve,
    ),
    "ood-accepted": Case(
        also=[
            "    kept = [t for t in known if np.mean(np.asarray(known) >= t) >= keep - 1e-9]\n"
            "    return sum(value >= max(kept) for value in ood) / len(ood)",
            "    place = int(len(known) * (1 - keep) + 1e-9)\n"
            "    return np.float32(np.mean(np.asarray(ood) >= np.partition(known, place)[place]))",
        ],
        wrong={
            "exactly at the threshold rejected": (">= highest", "> highest"),
            "lowest first": ("np.sort(known)[::-1]", "np.sort(known)"),
            "fewer than asked for": ("np.ceil(np.round(keep * len(known), 6))", "np.floor(keep * len(known) + 1e-6)"),
            "rounded to the nearest": ("np.ceil(np.round(keep * len(known), 6))", "np.round(keep * len(known))"),
            "known images in place of the others": ("np.asarray(ood)", "np.asarray(known)"),
            "share rejected": (">= highest", "< highest"),
            "a number, not a share": ("np.mean(np.asarray(ood)", "np.sum(np.asarray(ood)"),
            "keep as the threshold": "    return float(np.mean(np.asarray(ood) >= keep))",
            "the next lower": ("highest_first[needed - 1]", "highest_first[min(needed, len(known) - 1)]"),
        },
        inputs=lambda rng: (
            rng.integers(0, 11, rng.integers(1, 12)) / 10,
            rng.integers(0, 11, rng.integers(1, 8)) / 10,
            float(rng.choice([0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 0.95, 1.0])),
        ),
    ),
    "robustness-plan": Case(
        also=[
            "worst_case = dict(noisy=np.float32(0.5), rotated=0.2, darker=0.556)\n"
            'decide_on = "val"\nreport_on = "test"\n'
            "runs = []\n"
            'for shown in [*sorted(worst_case), "clean"]:\n'
            "    for one in np.arange(3):\n"
            '        runs += [["noise", one, shown], ["plain", one, shown]]',
        ],
        wrong={
            "degrees for severities": ("15 / 75", "15"),
            "half the severity for half the contrast": ("0.5 / 0.9", "0.5"),
            "the standard deviation for the severity": ("0.4 / 0.8", "0.4"),
            "full severity": 'worst_case = dict.fromkeys(("rotated", "darker", "noisy"), 1.0)\n'
            'runs = [(a, b, c) for a in ("plain", "noise") for b in (0, 1, 2) for c in ("clean", *worst_case)]\n'
            'decide_on, report_on = "val", "test"',
            "clean digits forgotten": ('("clean", "rotated", "darker", "noisy")', '("rotated", "darker", "noisy")'),
            "only the noise": ('("clean", "rotated", "darker", "noisy")', '("clean", "noisy")'),
            "one seed": ("(0, 1, 2)", "(0,)"),
            "other seeds for each": (
                '[(how, seed, name) for how in ("plain", "noise") for seed in (0, 1, 2)',
                '[(how, seed, name) for how, seeds in (("plain", (0, 1)), ("noise", (2, 1))) for seed in seeds',
            ),
            "chosen on the test images": ('"val", "test"', '"test", "test"'),
            "reported on validation images": ('"val", "test"', '"val", "val"'),
            "chosen on training images": ('"val", "test"', '"train", "test"'),
        },
    ),
}
