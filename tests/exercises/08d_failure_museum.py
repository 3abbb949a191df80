"""What the checkers of 08d_failure_museum are tried on."""

import numpy as np

from tests.exercises import Case

NETWORKS = (
    lambda images: images - images.mean(axis=0),
    lambda images: 2 * images,
    lambda images: images / (1 + np.abs(images).max()),
    lambda images: images + len(images),
)

CASES = {
    "which-room": Case(
        also=[
            'rooms = dict(zip(list("FEDCBA"), (8, 9, 6, 4, 3, 1)))',
            'rooms = {letter: np.int64(room) for letter, room in zip("ABCDEF", [1, 3, 4, 6, 9, 8])}',
        ],
        wrong={
            "A scaled twice, although the range is right": ('"A": 1', '"A": 2'),
            "A and B swapped": ('"A": 1, "B": 3', '"A": 3, "B": 1'),
            "B shuffled after batching": ('"B": 3, "C": 4', '"B": 4, "C": 3'),
            "C labels from another pass": ('"A": 1, "B": 3, "C": 4', '"A": 4, "B": 3, "C": 1'),
            "D and E swapped": ('"D": 6, "E": 9', '"D": 9, "E": 6'),
            "D one lucky seed": ('"D": 6', '"D": 7'),
            "F one lucky seed": ('"F": 8', '"F": 7'),
            "F a rare class": ('"F": 8', '"F": 5'),
            "one room for two notes": ('"F": 8', '"F": 6'),
        },
    ),
    "once-through": Case(
        also=[
            "    right = count = 0\n"
            "    for images, labels in stream:\n"
            "        right += sum(int(row.argmax()) == int(label) for row, label in zip(predict(images), labels))\n"
            "        count += len(labels)\n"
            "    return right / count",
            "    batches = list(stream)\n"
            "    said = np.concatenate([predict(images).argmax(axis=-1) for images, _ in batches])\n"
            "    return np.mean(said == np.concatenate([labels for _, labels in batches]))",
        ],
        wrong={
            "as given": (
                "    batches = len([labels for _, labels in stream])\n"
                "    right = 0\n"
                "    for images, labels in stream:\n"
                "        right += np.mean(predict(images).argmax(axis=1) == labels)\n"
                "    return right / batches"
            ),
            "labels from another pass": (
                "    said = np.concatenate([np.argmax(predict(images), axis=1) for images, _ in stream])\n"
                "    return float(np.mean(said == np.concatenate([labels for _, labels in stream])))"
            ),
            "one pass, but batches count alike": (
                "right.extend(np.argmax(predict(images), axis=1) == np.asarray(labels))",
                "right.append(np.mean(np.argmax(predict(images), axis=1) == np.asarray(labels)))",
            ),
            "every image counts alike, but two passes": (
                "    count = sum(len(labels) for _, labels in stream)\n"
                "    return sum(np.sum(predict(images).argmax(axis=1) == labels) for images, labels in stream) / count"
            ),
            "a number, not a share": ("float(np.mean(right))", "float(np.sum(right))"),
            "the last batch only": ("right.extend(", "right = list("),
            "the other axis": ("predict(images), axis=1", "predict(images), axis=0"),
            "images in place of logits": ("predict(images)", "images"),
            "last batch left out": (
                "    right = []\n"
                "    for images, labels in list(stream)[:-1]:\n"
                "        right.extend(predict(images).argmax(axis=1) == labels)\n"
                "    return float(np.mean(right))"
            ),
        },
        inputs=lambda rng: (
            rng.integers(-2, 3, (count := rng.integers(1, 12), 10)),
            rng.integers(0, 10, count),
            int(rng.integers(1, 6)),
            int(rng.integers(0, 10)),
        ),
        call="judged",
    ),
    "in-company": Case(
        also=[
            "    together, most = predict(images), 0\n"
            "    for image, row in zip(images, together):\n"
            "        most = max(most, *np.abs(predict(image[None])[0] - row))\n"
            "    return most",
            "    alone = np.array([predict(np.expand_dims(image, 0))[0] for image in images])\n"
            "    return np.linalg.norm((predict(images) - alone).ravel(), np.inf)",
        ],
        wrong={
            "differences below zero": ("np.abs(together - alone).max()", "(together - alone).max()"),
            "the mean, not the largest": ("np.abs(together - alone).max()", "np.abs(together - alone).mean()"),
            "the first image only": ("np.abs(together - alone).max()", "np.abs(together - alone)[0].max()"),
            "the first logit only": ("np.abs(together - alone).max()", "np.abs(together - alone)[:, 0].max()"),
            "no batch of one": ("predict(images[k : k + 1])", "[predict(images[k])]"),
            "together, twice": ("predict(images[k : k + 1])", "predict(images)[k : k + 1]"),
            "images, not logits": ("np.asarray(predict(images))", "np.asarray(images)"),
            "whether, not by how much": (
                "float(np.abs(together - alone).max())",
                "not np.allclose(together, alone)",
            ),
        },
        inputs=lambda rng: (
            NETWORKS[rng.integers(len(NETWORKS))],
            rng.integers(-3, 4, (rng.integers(1, 6), rng.integers(1, 4))),
        ),
    ),
    "luck-of-best": Case(
        also=[
            "    total, count = 0, 0\n"
            "    for choice in combinations(sorted(scores), k):\n"
            "        total, count = total + choice[-1], count + 1\n"
            "    return total / count - sum(scores) / len(scores)",
            "    choices = np.array(list(combinations(range(len(scores)), k)))\n"
            "    return np.asarray(scores)[choices].max(axis=1).mean() - np.mean(scores)",
        ],
        wrong={
            "the luckiest choice": ("np.mean(best) - np.mean(scores)", "max(best) - np.mean(scores)"),
            "equal scores counted once": ("combinations(scores, k)", "combinations(set(scores), k)"),
            "above the worst": ("np.mean(best) - np.mean(scores)", "np.mean(best) - min(scores)"),
            "above the median": ("np.mean(scores)", "np.median(scores)"),
            "a run may be picked again": ("combinations(scores, k)", "product(scores, repeat=k)"),
            "the mean of each choice": ("max(choice)", "np.mean(choice)"),
            "the last of each choice": ("max(choice)", "choice[-1]"),
            "one more": ("combinations(scores, k)", "combinations(scores, min(k + 1, len(scores)))"),
            "the best only": ("np.mean(best) - np.mean(scores)", "np.mean(best)"),
        },
        inputs=lambda rng: (
            (rng.integers(0, 6, count := int(rng.integers(1, 7))) / 5).tolist(),
            int(rng.integers(1, count + 1)),
        ),
    ),
}
