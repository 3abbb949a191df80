"""What the checkers of 03_mnist_cnn are tried on."""

from tests.exercises import Case

CASES = {
    "conv-parameters": Case(
        also=[],
        wrong={
            "mistake 0": ("* channels_in", ""),
            "mistake 1": ("(channels_out if use_bias else 0)", "1"),
            "mistake 2": ("(channels_out if use_bias else 0)", "channels_out"),
        },
    ),
    "most-confused": Case(
        also=[],
        wrong={
            "mistake 0": ("np.fill_diagonal(mistakes, -1)", "pass"),
            "mistake 1": ("np.array(matrix)", "np.asarray(matrix)"),
            "mistake 2": ("return int(true), int(predicted)", "return int(predicted), int(true)"),
            "mistake 3": (
                "np.fill_diagonal",
                "mistakes = mistakes / mistakes.sum(axis=1, keepdims=True)\n    np.fill_diagonal",
            ),
        },
    ),
    "bright-ink": Case(
        also=[],
        wrong={
            "mistake 0": ("np.median(border)", "np.median(scaled)"),
            "mistake 1": ("1 - scaled if np.median(border) > 0.5 else scaled", "1 - scaled"),
            "mistake 2": (" / 255", ""),
            "mistake 3": ("np.median(border)", "scaled[0, 0]"),
            "mistake 4": ('image.astype("float32") / 255', '(image > 127).astype("float32")'),
        },
    ),
}
