"""What the checkers of 02b_activations_and_losses are tried on."""

from tests.exercises import Case

TWO_LOGS = """
### BEGIN SOLUTION
sigmoids, classes, factor = "{}", {}, {}
### END SOLUTION
"""


def small_logits(rng):
    """Return a few logits with ties."""
    return (rng.integers(-3, 4, (rng.integers(1, 4), rng.integers(2, 4))).astype(float),)


def logits_and_truths(rng):
    """Return small logits and truths."""
    count = rng.integers(1, 5)
    return rng.integers(-3, 4, count).astype(float), rng.integers(0, 2, count)


CASES = {
    "log-softmax": Case(
        also=[
            """
    rows = []
    for row in logits:
        rows.append([z - max(row) - np.log(sum(np.exp(other - max(row)) for other in row)) for z in row])
    return np.array(rows)
""",
            "    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)",
        ],
        wrong={
            "logarithm of a softmax": (
                "return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
                "return np.log(softmax(logits))",
            ),
            "no shift": ("logits - logits.max(axis=-1, keepdims=True)", "logits"),
            "one maximum for all rows": ("logits.max(axis=-1, keepdims=True)", "logits.max()"),
            "one sum for all rows": ("np.exp(shifted).sum(axis=-1, keepdims=True)", "np.exp(shifted).sum()"),
            "softmax without logarithm": "    return softmax(logits)",
            "sums of columns": "    return logits - np.logaddexp.reduce(logits, axis=0)",
            "clipped probabilities": "    return np.log(np.maximum(softmax(logits), 1e-7))",
        },
        inputs=small_logits,
    ),
    "binary-loss": Case(
        also=[
            """
    total = 0.0
    for score, truth in zip(z, y):
        wrong_way = -score if truth else score
        total += max(wrong_way, 0) + np.log1p(np.exp(-abs(wrong_way)))
    return total / len(z)
""",
            "    return float((np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean())",
        ],
        wrong={
            "signs exchanged": ("np.where(y == 1, -z, z)", "np.where(y == 1, z, -z)"),
            "overflow": ("np.logaddexp(0, np.where(y == 1, -z, z))", "np.log(1 + np.exp(np.where(y == 1, -z, z)))"),
            "sum instead of mean": ("np.mean(", "np.sum("),
            "through probabilities": "    return binary_cross_entropy(sigmoid(z), y)",
            "other logarithm, same sigmoid": "    return -np.mean(np.log(sigmoid(np.where(y == 1, z, -z))))",
            "nan taken for 0": (
                "    one, zero = np.log(sigmoid(z)), np.log(1 - sigmoid(z))\n"
                "    return -np.mean(np.nan_to_num(y * one) + np.nan_to_num((1 - y) * zero))"
            ),
            "a small number added": (
                "    p = sigmoid(z)\n    return -np.mean(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7))"
            ),
            "logits clipped": "    return binary_cross_entropy(sigmoid(np.clip(z, -30, 30)), y)",
            "clipped probabilities": "    return binary_cross_entropy(np.clip(sigmoid(z), 1e-7, 1 - 1e-7), y)",
            "only the images of class 1": "    return np.mean(y * np.logaddexp(0, -z))",
            "loss of each image": ("np.mean(np.logaddexp(0, np.where(y == 1, -z, z)))", "np.logaddexp(0, -z)"),
        },
        inputs=logits_and_truths,
    ),
    "louder-answers": Case(
        also=[
            "order = (1, 2.0, 0.25, 8)\ngrowth = np.float32(0.2)",
            "order = np.array([1, 2, 1 / 4, 8])\ngrowth = 0.205",
        ],
        wrong={
            "the louder the better": ("[1, 2, 0.25, 8]", "[8, 2, 1, 0.25]"),
            "the quieter the better": ("[1, 2, 0.25, 8]", "[0.25, 1, 2, 8]"),
            "middle exchanged": ("[1, 2, 0.25, 8]", "[1, 0.25, 2, 8]"),
            "largest first": ("[1, 2, 0.25, 8]", "[8, 0.25, 2, 1]"),
            "the loss falls": ("0.1 * 2", "-0.2"),
            "growth of the sum": ("0.1 * 2", "2"),
            "margin forgotten": ("0.1 * 2", "0.1"),
            "nine right ones subtracted": ("0.1 * 2", "0.1 * 2 - 0.9 * 2"),
        },
    ),
    "two-logs": Case(
        also=[
            TWO_LOGS.format("B", "round(np.exp(1.949))", "np.exp(np.log(1.1e-6 / 6.5e-3) / 5)"),
            TWO_LOGS.format("B", "7.0", "np.float32(0.176)"),
            TWO_LOGS.format("B", "np.int64(7)", "0.18"),
        ],
        wrong={
            "networks exchanged": TWO_LOGS.format("A", 7, 0.176),
            "ten, as so often": TWO_LOGS.format("B", 10, 0.176),
            "power of two": TWO_LOGS.format("B", 4, 0.176),
            "power of two, rounded down": TWO_LOGS.format("B", 3, 0.176),
            "the loss halved": TWO_LOGS.format("B", 2, 0.176),
            "six steps": TWO_LOGS.format("B", 7, "(1.1e-6 / 6.5e-3) ** (1 / 6)"),
            "five steps in one": TWO_LOGS.format("B", 7, "1.1e-6 / 6.5e-3"),
            "divided by five": TWO_LOGS.format("B", 7, "1.1e-6 / 6.5e-3 / 5"),
            "the bound of the chapter": TWO_LOGS.format("B", 7, 0.25),
            "mean of the five ratios": TWO_LOGS.format("B", 7, 0.187),
            "the way back": TWO_LOGS.format("B", 7, 5.68),
        },
    ),
}
