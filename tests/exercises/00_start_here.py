"""What the checkers of 00_start_here are tried on."""

import numpy as np

from tests.exercises import Case


def confusion(rng):
    """Return a small confusion matrix with at least one mistake, often with ties."""
    size = rng.integers(2, 6)
    matrix = rng.integers(0, 4, (size, size))
    matrix[0, 1] += matrix.sum() == np.trace(matrix)
    return (matrix,)


CASES = {
    "without-zebras": Case(
        also=[
            "baseline_after, network_after = np.float64(1 / 9), np.float64(705 / 900)",
            "baseline_after = 100 / 900\nnetwork_after = 47 / 60",
        ],
        wrong={
            "the baseline does not change": ("0.111", "0.1"),
            "the network does not change": ("0.783", "0.8"),
            "divided by all images": ("0.783", "0.705"),
            "zebras taken out of the images alone": ("0.783", "0.889"),
            "95 of 100 taken as 100 right": ("0.783", "0.778"),
            "per cent": ("0.111", "11.1"),
        },
    ),
    "what-matrix-tells": Case(
        also=[
            'overall, hardest, sheep_right = 171 / 260, "cow", 15 / 38',
            'overall = np.float32(0.6577)\nhardest = "cow"\nsheep_right = np.float32(0.3947)',
        ],
        wrong={
            "rows in place of columns": ("0.395", "0.75"),
            "fewest right answers in place of the smallest share": ('"cow"', '"sheep"'),
            "most mistakes in place of the smallest share": ('"cow"', '"cat"'),
            "mean of the four shares": ("0.658", "0.66"),
            "wrong answers among the answers sheep": ("0.395", "0.605"),
            "per cent": ("0.658", "65.8"),
        },
    ),
    "share-right": Case(
        also=[
            "    pairs = list(zip(np.ravel(labels), np.ravel(answers), strict=True))\n"
            "    return sum(label == answer for label, answer in pairs) / len(pairs)",
            "    labels, answers = (np.asarray(part).reshape(-1) for part in (labels, answers))\n"
            "    return metrics.accuracy(labels, answers)",
        ],
        wrong={
            "broken as given": "    return np.mean(labels == answers)",
            "arrays, but still a column": "    return np.mean(np.asarray(labels) == np.asarray(answers))",
            "only the labels may be a column": ("np.ravel(answers)", "np.asarray(answers)"),
            "only columns are taken": "    return np.mean(np.asarray(labels)[:, 0] == answers)",
            "a count": ("np.mean(", "np.sum("),
            "all or nothing": "    return float(np.array_equal(np.ravel(labels), np.ravel(answers)))",
            "the diagonal of a comparison, as a share of all": (
                "    return np.trace(np.asarray(labels) == np.asarray(answers)) / len(labels)"
            ),
        },
        inputs=lambda rng: (rng.integers(0, 3, (6, 1)), rng.integers(0, 3, 6)),
    ),
    "most-confused": Case(
        also=[
            "    best = None\n"
            "    for i in range(len(matrix)):\n"
            "        for j in range(i + 1, len(matrix)):\n"
            "            if best is None or matrix[i][j] + matrix[j][i] > best[0]:\n"
            "                best = matrix[i][j] + matrix[j][i], [i, j]\n"
            "    return best[1]",
            "    both = np.asarray(matrix) + np.transpose(matrix)\n"
            "    np.fill_diagonal(both, 0)\n"
            "    return np.argwhere(both == both.max())[0]",
        ],
        wrong={
            "one direction": ("matrix + matrix.T", "matrix"),
            "the diagonal is left in": ("np.triu(matrix + matrix.T, 1)", "matrix + matrix.T"),
            "the larger number first": ("int(first), int(second)", "int(second), int(first)"),
            "the last of several": ("both.argmax()", "both.size - 1 - both.ravel()[::-1].argmax()"),
            "below the diagonal": ("np.triu(matrix + matrix.T, 1)", "np.tril(matrix + matrix.T, -1)"),
            "the largest single entry, sorted": (
                "    off = np.asarray(matrix) * (1 - np.eye(len(matrix), dtype=int))\n"
                "    return sorted(np.unravel_index(off.argmax(), off.shape))"
            ),
            "how often": ("int(first), int(second)", "int(both.max())"),
        },
        inputs=confusion,
    ),
}
