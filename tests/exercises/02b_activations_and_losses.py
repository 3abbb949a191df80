"""What the checkers of 02b_activations_and_losses are tried on."""

from tests.exercises import Case

CASES = {
    "log-softmax": Case(
        also=[],
        wrong={
            "mistake 0": (
                "return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
                "return np.log(softmax(logits))",
            ),
            "mistake 1": ("logits - logits.max(axis=-1, keepdims=True)", "logits"),
            "mistake 2": ("logits.max(axis=-1, keepdims=True)", "logits.max()"),
            "mistake 3": ("np.exp(shifted).sum(axis=-1, keepdims=True)", "np.exp(shifted).sum()"),
        },
    ),
    "binary-loss": Case(
        also=[],
        wrong={
            "mistake 0": ("np.where(y == 1, -z, z)", "np.where(y == 1, z, -z)"),
            "mistake 1": ("np.logaddexp(0, np.where(y == 1, -z, z))", "np.log(1 + np.exp(np.where(y == 1, -z, z)))"),
            "mistake 2": ("np.mean(", "np.sum("),
        },
    ),
    "macro-f1": Case(
        also=[],
        wrong={
            "mistake 0": ("np.maximum(counted, 1)", "counted"),
            "mistake 1": ("float(np.mean(2 * found / np.maximum(counted, 1)))", "2 * found.sum() / counted.sum()"),
            "mistake 2": ("matrix.sum(axis=0) + matrix.sum(axis=1)", "2 * matrix.sum(axis=0)"),
            "mistake 3": ("matrix.sum(axis=0) + matrix.sum(axis=1)", "2 * matrix.sum(axis=1)"),
        },
    ),
}
