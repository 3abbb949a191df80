"""Every notebook runs as it is stored, says what it needs to say, and misses a claim when it is broken."""

import functools
import re
from xml.etree import ElementTree

import nbformat
import pytest

from course import run
from helpers import claims, notebooks
from tests import slicing

PATHS = notebooks.choose([])
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


@pytest.mark.notebook
@each_notebook
def test_notebook_runs_and_its_claims_hold(path, executed):
    entry = executed(path)
    assert entry["state"] == "passed", entry["error"]
    assert entry["claims"] and all(claim["held"] for claim in entry["claims"])
    assert entry["data"], "the notebook does not say which data it was served"
    titles = [claim["text"] for claim in entry["claims"]]
    assert len(set(titles)) == len(titles) and max(map(len, titles)) <= 90, max(titles, key=len)


@pytest.mark.notebook
@each_notebook
def test_every_figure_has_a_text_alternative(path, executed, shared_folder):
    executed(path)
    cells = nbformat.read(shared_folder / "executed" / path.name, 4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    alternatives = [output.metadata.get("image/png", {}).get("alt", "") for output in outputs]
    assert alternatives and all(8 <= len(text.split()) <= 40 for text in alternatives), alternatives
    assert len(set(alternatives)) == len(alternatives)
    for drawing in re.findall(r"!\[([^\]]*)\]\(figures/([\w.]+)\)", "".join(cell.source for cell in cells)):
        assert len(drawing[0].split()) >= 8 and (path.parent / "figures" / drawing[1]).exists(), drawing


def test_every_drawing_is_shown_and_brings_its_own_ground():
    shown = set(re.findall(r"\(figures/([\w.]+)\)", "".join(path.read_text(encoding="utf-8") for path in PATHS)))
    drawings = sorted((PATHS[0].parent / "figures").iterdir())
    assert {drawing.name for drawing in drawings} == shown and len(shown) >= 12
    for drawing in drawings:
        root = ElementTree.parse(drawing).getroot()
        parts = [part.tag.rpartition("}")[2] for part in root.iter()]
        assert parts[:3] == ["svg", "title", "desc"], drawing
        assert not {"script", "image", "foreignObject", "style"} & set(parts) and "http" not in "".join(root.itertext())
        ground = next(part for part in root.iter() if part.tag.endswith("rect"))
        assert ground.get("fill") == "#fcfcfa" and ground.get("width") == root.get("width"), drawing


@pytest.mark.notebook
def test_same_seed_gives_the_same_numbers(executed, tmp_path):
    path = notebooks.choose(["00"])[0]
    run.run([path], tmp_path, {path.stem: run.check_parameters(path, {"PROFILE": "quick"})})
    assert claims.read_results(tmp_path / "results.json")[path.stem]["claims"] == executed(path)["claims"]


@pytest.mark.deep
@pytest.mark.notebook
@pytest.mark.full
@pytest.mark.parametrize("name", ["03_mnist_cnn", "07_transfer_learning", "08c_mistakes_and_robustness"])
def test_notebook_runs_on_the_full_data(name, tmp_path):
    path = notebooks.choose([name])[0]
    parameters = {name: run.check_parameters(path, {"PROFILE": "full"})}
    (outcome,) = run.run([path], tmp_path, parameters, cell_limit=run.CELL_LIMIT["full"])
    if outcome.state == "skipped":
        pytest.skip(outcome.error)
    assert outcome.state == "passed", outcome.error
    assert "the full public set" in claims.read_results(tmp_path / "results.json")[name]["data"][0]


@functools.cache
def read(path):
    return nbformat.read(path, 4)


@each_notebook
def test_notebook_is_stored_as_agreed(path):
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "stored outputs: run nbstripout"
    assert notebook.cells[0].source.startswith(f"# {path.stem.split('_')[0]} · ")
    assert "we will" in notebook.cells[0].source
    assert [cell.metadata.get("tags") for cell in code].count(["parameters"]) == 1
    assert f'"{path.stem}", PROFILE, SEED' in "".join(cell.source for cell in code)
    text = "".join(cell.source for cell in notebook.cells)
    assert "What we learnt" in text and "## Exercises" in text


# What is broken on purpose: (notebook, text, replacement, claim that has to notice)
MADE = "np.float32(255), mnist.train.labels\n"
SABOTAGE = {
    "near-duplicates on both sides of a fold": (
        "01", "GroupKFold(5).split(flat, labels, group)",
        "GroupKFold(5).split(flat, labels, np.random.default_rng(1).permutation(len(group)))", "Wrong labels",
    ),
    "frames of one film on both sides": (
        "01", "groups=film_of_frame", "groups=np.random.default_rng(1).permutation(len(frames))", "Data leakage",
    ),
    "a softmax that overflows": (
        "02b", "np.exp(logits - logits.max(axis=-1, keepdims=True))", "np.exp(logits)", "Softmax of logits up to 102",
    ),
    "the kernel turned": (
        "02", "table @ kernels.reshape(-1, filters)", "table @ kernels[::-1, ::-1].reshape(-1, filters)",
        "loops and matrix product",
    ),
    "the odd zero in front": (
        "02", "return missing // 2, missing - missing // 2", "return missing - missing // 2, missing // 2",
        "Convolution in loops",
    ),
    "logits taken for probabilities": (
        "02b", "SparseCategoricalCrossentropy(from_logits=from_logits)", "SparseCategoricalCrossentropy()",
        "confident mistake: from_logits=True",
    ),
    "gradients through dead units": (
        "02c", "return ACT.relu_gradient(z) * d_y", "return d_y", "ReLU: NumPy gradient against finite differences",
    ),
    "a square without its factor 2": (
        "02c", 'd["e"] = d["L"] * 2 * v["e"]', 'd["e"] = d["L"] * v["e"]', "Worked example of the chain rule",
    ),
    "Adam without its correction": (
        "02c", "learning_rate * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)", "learning_rate",
        "SGD, momentum and Adam",
    ),
    "a published layer deleted": (
        "03", "layers.MaxPooling2D(2),\n            layers.Flatten()", "layers.Flatten()",
        "Parameters of the published",
    ),
    "one of our layers deleted": ("03", "convolutions=3,", "convolutions=2,", "Parameters of our digit network"),
    "the data halved": ("03", MADE, MADE + "x_train, y_train = x_train[::2], y_train[::2]\n", "Training images"),
    "the labels shuffled": (
        "03", MADE, MADE + "y_train = np.random.default_rng(0).permutation(y_train)\n",
        "accuracy of softmax regression",
    ),
    "a schedule that stays constant": (
        "03", "rate = 0.001 if peak is None else one_cycle(updates, peak)", "rate = 0.001",
        "Ablation: validation error saved by the schedule",
    ),
    "a network of another width": (
        "05", "training.small_net().count_params()", "training.small_net(width=11).count_params()",
        "Parameters of the small network",
    ),
    "animals with shuffled labels": (
        "05", "animals = datasets.load_silhouettes()\n",
        "animals = datasets.load_silhouettes()\n"
        "np.random.default_rng(0).shuffle(animals.train.labels)\n",
        "Small network, 400 images: validation accuracy",
    ),
    "a penalty that is not used": (
        "05", "training.small_net(l2=strength)", "training.small_net()",
        "Validation loss: no L2 penalty / tuned L2 penalty",
    ),
    "a flip that does not flip": (
        "05", "for change in (training.flip, training.crop, training.rotate)",
        "for change in (lambda images, rng: images, training.crop, training.rotate)", "Images changed by flip",
    ),
    "a rotation that does not turn": (
        "05", "for change in (training.flip, training.crop, training.rotate)",
        "for change in (training.flip, training.crop, lambda images, rng: images)", "Images changed by flip",
    ),
    "a random search that repeats its learning rate": (
        "05", "zip(10 ** draw.uniform(-4, -1, 9), draw", "zip(9 * [10 ** draw.uniform(-4, -1)], draw",
        "Learning rates tried by nine trials of random search",
    ),
    "a resumed training run without its random states": (
        "05b", "using = [RandomStatesOfEpoch(), SaveEachEpoch(path), *callbacks]",
        "using = [SaveEachEpoch(path), *callbacks]", "Resumed with random states set by epoch",
    ),
    "MACs that forget the kernel": (
        "06", "math.prod(layer.kernel.shape[:-1])", "layer.kernel.shape[-2]", "MACs of a small network",
    ),
    "residual networks without their sums": (
        "06", "= deep_net(depth, shortcut)", "= deep_net(depth, False)", "Untrained residual network: gradient",
    ),
    "a latency of eager calls": (
        "06", "latency(model.predict_on_batch, photo)", "latency(model, photo)", "Latency of MobileNetV2: eager call",
    ),
    "a backbone with random weights": (
        "07", "net = backbone.load(BACKBONE, size)", "net = backbone.efficientnet_lite0(size)",
        "validation accuracy of the linear probe",
    ),
    "a Grad-CAM without the gradient": (
        "07", "tf.reduce_sum(weights * maps, axis=-1)", "tf.reduce_sum(maps, axis=-1)", "Grad-CAM minus CAM",
    ),
    "a fine-tuning with normalisation that is not frozen": (
        "07", "set_normalisation(model, trainable, momentum)", "set_normalisation(model, True, momentum)",
        "Frozen BatchNorm",
    ),
    "a dog that is not where it is said to be": (
        "07", "np.where(swap, dogs, cats), np.where(swap, cats, dogs)", "dogs, cats", "Pointing game",
    ),
    "an interval without half of its formula": (
        "08", " + z**2 / (4 * n**2)", "", "Wilson's interval: difference from SciPy's",
    ),
    "weights that false alarms do not get": (
        "08", "np.cumsum((weights * ~is_positive)[order])", "np.cumsum(~is_positive[order])",
        "Precision for bears at prevalence 1/1,000",
    ),
    "a temperature that is not used": (
        "08b", "z = logits / temperature\n    e =", "z = logits\n    e =", " after temperature scaling / before",
    ),
    "prediction sets from the scores of answers": (
        "08b", "quantile = conformal_quantile(nonconformity_scores(p_val, y_val), LEVEL)",
        "quantile = conformal_quantile(1 - p_val.max(axis=1), LEVEL)", "Test coverage of 95% prediction sets",
    ),
    "probabilities taken for logits": (
        "08b", "ece_and_cross_entropy(np.log(p), split", "ece_and_cross_entropy(p, split", "of an ensemble of five",
    ),
    "a remedy without noise": (
        "08c", "noisy(images, rng.random((len(images), 1, 1, 1)), seed=rng)",
        "noisy(images, 0 * rng.random((len(images), 1, 1, 1)), seed=rng)", "Trained with noise: accuracy gained",
    ),
    "maps of another answer": (
        "08c", "maps = [cam(images, outputs, by_place) for outputs in (its_prediction, its_label)]",
        "maps = [cam(images, its_prediction, by_place) for _ in range(2)]", "Deletion test on mistakes",
    ),
    "labels from the same pass after all": (
        "08d", ".shuffle(1000, seed=SEED).batch(100)", ".batch(100)", "Digits: test accuracy, labels from another pass",
    ),
    "a mark that everyone can read": (
        "08d", "image[1:3, 4 + 2 * scanner : 6 + 2 * scanner] = 1", "image[1:3, 4:6] = 1",
        "Spurious cue: accuracy with the cue as collected minus without",
    ),
    "originals on both sides": (
        "08d", "by_original = np.isin(source, originals[:50])", "by_original = rng.random(len(copies)) < 0.5",
        "Copies split by original: distance of test accuracy",
    ),
    "photos that stay on their side": (
        "04", '["turned by its orientation tag"]', "[]", "Odd files found",
    ),
    "photos shrunk without antialiasing": (
        "04", '(size, size), "bicubic", antialias=True)', "(size, size))",
        "Fine stripes shrunk by `decode`",
    ),
    "an augmentation that changes nothing": (
        "04b", "return colour_jitter(views, seed)", "return resize(images, seed, size)",
        "Different views of one photo",
    ),
    "residual blocks deleted": (
        "04b", "        x = residual_block(x, width)\n", "", "Parameters of our network",
    ),
    "weight decay on everything": (
        "04b", '    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])\n', "",
        "Kinds of weights other than kernels",
    ),
    "pets with shuffled labels": (
        "04b", "seconds = train(model, train_ds, PHASES[PROFILE], SEED)",
        "shuffled = np.random.default_rng(0).permutation(pets.train.labels)\n"
        "seconds = train(model, stream(pets.train.images, shuffled), PHASES[PROFILE], SEED)",
        "Validation accuracy of our network",
    ),
    "cats and dogs mixed up": (
        "04b", "seconds = train(model, train_ds, PHASES[PROFILE], SEED)",
        "seconds = train(model, stream(pets.train.images, 1 - pets.train.labels), PHASES[PROFILE], SEED)",
        "Validation accuracy of our network",
    ),
    "near-duplicates in other folds": (
        "04b", "splitter.split(groups, noisy, groups)", "splitter.split(groups, noisy, rng.permutation(count))",
        "Pairs of near-duplicates",
    ),
    "a split by the place in the list": (
        "10", "smallest.map(lambda digest: hashed_split(digest, parts))",
        "pd.Series(np.random.default_rng(0).permutation(np.resize([*parts, 'train'], len(table))), table.index)",
        "change their split",
    ),
    "mirrored copies overlooked": (
        "10", "np.maximum(plain, mirrored) > limit", "plain > limit", "planted in training",
    ),
    "the temperature forgotten in the bundle": (
        "10", "layers.Rescaling(1 / temperature)", "layers.Rescaling(1.0)", "Bundle loaded",
    ),
    "labels judged by a probe that has seen them": (
        "10", "p_unseen[train] = held_out[c]", "p_unseen[train] = np.eye(len(classes))[y[train]]",
        "wrong labels planted",
    ),
}  # fmt: skip


@pytest.mark.deep
@pytest.mark.notebook
@pytest.mark.parametrize("broken", SABOTAGE)
def test_a_broken_notebook_misses_a_claim(broken, tmp_path):
    number, right, wrong, claim = SABOTAGE[broken]
    (original,) = notebooks.choose([number])
    notebook = nbformat.read(original, 4)
    notebook.cells = slicing.needed(notebook.cells, claim, [right])
    (cell,) = [cell for cell in notebook.cells if right in cell.source]
    cell.source = cell.source.replace(right, wrong)
    path = tmp_path / original.name
    nbformat.write(notebook, path)
    (outcome,) = run.run([path], tmp_path / "out", {path.stem: {}})
    assert outcome.state == "failed" and "ClaimMissed" in outcome.error and claim in outcome.error


def code_cells(*sources):
    return [nbformat.v4.new_code_cell(source) for source in sources]


CLAIM = "claims.equals('the sum of them', {}, 1)"
NEEDED = [  # sources of cells, and the places of those that a claim needs
    (["a = 1", "b = 2", CLAIM.format("a")], [0, 2]),
    (["import numpy as np", "a = np.ones(3)", "a[0] = 2", "print(a)", CLAIM.format("a")], [0, 1, 2, 4]),
    (["model = build()", "model.fit(x)", "b = model.weights", CLAIM.format("b")], [0, 1, 2, 3]),
    (["model = build()", "history = train(model)", CLAIM.format("model.loss")], [0, 1, 2]),
    (["n = 3", "for n in range(3):\n    print(n)", "def f(n):\n    return n", CLAIM.format("f(1)")], [2, 3]),
    (["a = 1", "b = 4", "c = 5", "a += b", CLAIM.format("a"), "a = 7"], [0, 1, 3, 4]),
    (["a = {}", "a['b'] = 1", "a['c'] = 2\nd = 3", CLAIM.format("d")], [0, 2, 3]),
    (["a = {}", "a['b'] = 1", CLAIM.format("a['b']")], [0, 1, 2]),
    (["import t", "t.train(a)", "b = t.build()", CLAIM.format("b")], [0, 2, 3]),
    (["def f():\n    return k", "k = 3", "claims.equals(f'{f()}: the sum of them all', 1, 1)"], [0, 1, 2]),
]


@pytest.mark.parametrize(("sources", "kept"), NEEDED)
def test_only_cells_that_a_claim_needs_are_kept(sources, kept):
    needed = slicing.needed(code_cells(*sources), "the sum of them")
    assert [cell.source for cell in needed] == [sources[place] for place in kept]
