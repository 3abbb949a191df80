"""What the checkers of 02b_activations_and_losses are tried on."""

from tests.exercises import Case


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
    "flat-curves": Case(
        also=[
            """
losses = dict.fromkeys("BD", "squared error") | {"A": "cross-entropy", "C": "clipped"}
start = {"A": np.float64(-5.9995), "B": -5.99, "D": -2.995}
right = {"D": 40.0, "B": np.int64(400), "A": 8}
"""
        ],
        wrong={
            "squared error taken for clipped": ('"B": "squared error"', '"B": "clipped"'),
            "clipped taken for cross-entropy": ('"C": "clipped"', '"C": "cross-entropy"'),
            "cross-entropy taken for squared error": ('"A": "cross-entropy"', '"A": "squared error"'),
            "all squared errors start alike": ('"D": -3', '"D": -6'),
            "sign": ('"A": -6, "B": -6, "D": -3', '"A": 6, "B": 6, "D": 3'),
            "probability instead of logit": ('"A": -6, "B": -6, "D": -3', '"A": 0.002, "B": 0.003, "D": 0.048'),
            "half as the bound of the loss": ('"D": 40', '"D": 12'),
            "one step of the log too late": ('"A": 8', '"A": 12'),
            "cross-entropy below one": ('"A": 8', '"A": 4'),
            "never right": ('"B": 400', '"B": 200'),
        },
    ),
}
