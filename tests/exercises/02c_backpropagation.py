"""What the checkers of 02c_backpropagation are tried on."""

from tests.exercises import Case


def small_gradient(rng):
    """Return gradients of a batch, small integers."""
    return (rng.integers(-3, 4, (rng.integers(1, 5), rng.integers(1, 4))).astype(float),)


def mask_and_gradient(rng):
    """Return a mask without an empty image, and gradients of the means."""
    mask = rng.integers(0, 2, (rng.integers(1, 4), rng.integers(1, 4), rng.integers(1, 4)))
    mask[:, 0, 0] = 1
    return mask, rng.integers(-3, 4, (len(mask), rng.integers(1, 4))).astype(float)


CASES = {
    "centre-backward": Case(
        also=[
            """
    count = len(d_y)
    return (np.eye(count) - np.full((count, count), 1 / count)) @ d_y
""",
            """
    columns = [[value - sum(column) / len(column) for value in column] for column in np.transpose(d_y).tolist()]
    return [list(row) for row in zip(*columns)]
""",
        ],
        wrong={
            "as in the task": "    return d_y",
            "mean of all": ("d_y.mean(axis=0)", "d_y.mean()"),
            "mean of each row": ("d_y.mean(axis=0)", "d_y.mean(axis=1, keepdims=True)"),
            "sum instead of mean": ("d_y.mean(axis=0)", "d_y.sum(axis=0)"),
            "only its own output": "    return d_y * (1 - 1 / len(d_y))",
            "sign": ("d_y - d_y", "d_y + d_y"),
            "zeros": "    return np.zeros_like(d_y)",
            "batches of two only": (
                "return d_y - d_y.mean(axis=0)",
                "return (d_y - d_y[::-1]) / 2",
            ),
        },
        inputs=small_gradient,
    ),
    "masked-average": Case(
        also=[
            """
    result = np.zeros((*mask.shape, d_y.shape[1]))
    for image, (one_mask, gradient) in enumerate(zip(mask, d_y)):
        result[image][one_mask == 1] = gradient / np.count_nonzero(one_mask)
    return result
""",
            '    return np.einsum("nhw,nc,n->nhwc", mask, d_y, 1 / mask.sum(axis=2).sum(axis=1))',
        ],
        wrong={
            "padding counted": ("mask.sum(axis=(1, 2), keepdims=True)", "(mask.shape[1] * mask.shape[2])"),
            "pixels of all images": ("mask.sum(axis=(1, 2), keepdims=True)", "mask.sum()"),
            "pixels of the first image": ("mask.sum(axis=(1, 2), keepdims=True)", "mask[0].sum()"),
            "pixels of a row": ("axis=(1, 2)", "axis=2"),
            "mask forgotten": ("share = mask /", "share = np.ones_like(mask) /"),
            "not divided": ("share = mask / mask.sum(axis=(1, 2), keepdims=True)", "share = mask"),
            "zeros": "    return np.zeros((*mask.shape, d_y.shape[1]))",
        },
        inputs=mask_and_gradient,
    ),
    "ten-times": Case(
        also=[
            """
constant = np.array([0.3, 3, 0.1])
scaled = [10 * constant[0], 10 * constant[1], constant[2]]
alternating = ("SGD", "momentum", "Adam")
""",
            """
constant, scaled = (0.3, 2.98, 0.099), (3, 29.8, 0.101)
alternating = np.array(["SGD", "momentum", "Adam"])
""",
        ],
        wrong={
            "momentum as a mean": ("[0.3, 3.0, 0.1]", "[0.3, 0.3, 0.1]"),
            "momentum with one term more": ("[0.3, 3.0, 0.1]", "[0.3, 0.57, 0.1]"),
            "Adam in proportion to the gradient": ("[0.3, 3.0, 0.1]", "[0.3, 3.0, 0.3]"),
            "Adam scaled": ("[3.0, 30.0, 0.1]", "[3.0, 30.0, 1.0]"),
            "the square root for Adam": ("[3.0, 30.0, 0.1]", "[3.0, 30.0, 0.316]"),
            "the learning rate forgotten": ("[0.3, 3.0, 0.1]", "[3.0, 30.0, 1.0]"),
            "order of the constant gradient": ('["SGD", "momentum", "Adam"]', '["momentum", "SGD", "Adam"]'),
            "Adam is not slowed down": ('["SGD", "momentum", "Adam"]', '["SGD", "Adam", "momentum"]'),
        },
    ),
    "where-broken": Case(
        also=[
            """
causes = dict(zip("ABCD", ["sigmoid", "healthy", "dead", "large"]))
dead_layer, first = 4.0, 0.78 / 4.47**10
""",
            """
causes = {"D": "large", "C": "dead", "B": "healthy", "A": "sigmoid"}
dead_layer = 6 - 2
first = 0.00044 * (0.00044 / 0.78)
""",
        ],
        wrong={
            "zero taken for vanishing": (
                '{"A": "sigmoid", "B": "healthy", "C": "dead"',
                '{"A": "dead", "B": "healthy", "C": "sigmoid"',
            ),
            "large taken for healthy": (
                '"B": "healthy", "C": "dead", "D": "large"',
                '"B": "large", "C": "dead", "D": "healthy"',
            ),
            "the last layer without gradient": ("dead_layer = 4", "dead_layer = 5"),
            "the layer that learns": ("dead_layer = 4", "dead_layer = 6"),
            "the first": ("dead_layer = 4", "dead_layer = 1"),
            "as with six layers": ("first = 2.5e-7", "first = 0.00044"),
            "halved": ("first = 2.5e-7", "first = 0.00022"),
            "a factor too many": ("first = 2.5e-7", "first = 5.5e-8"),
            "five factors from 0.19": ("first = 2.5e-7", "first = 1.1e-4"),
        },
    ),
}
