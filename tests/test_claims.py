"""Claims hold or fail, and reach the results file whole, also from many processes at once."""

import json
import math
import multiprocessing

import numpy as np
import pytest

from helpers import claims


@pytest.fixture
def results(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    monkeypatch.setenv(claims.RESULTS_VARIABLE, str(path))
    return path


def stored(results, notebook="nb"):
    return claims.read_results(results)[notebook]["claims"]


def test_held_claims_are_printed_and_written(results, capsys):
    mine = claims.Claims("nb", "quick", seed=3)
    mine.at_least("accuracy", np.float32(0.75), quick=0.5, full=0.99)
    mine.at_most("loss", 0.1, np.float32(0.25))
    mine.equals("images", 3000, quick=3000, full=60000)
    assert [claim["held"] for claim in stored(results)] == [True, True, True]
    assert [claim["bound"] for claim in stored(results)] == [0.5, 0.25, 3000]
    assert "holds: images: 3,000 (claimed == 3,000)" in capsys.readouterr().out
    entry = claims.read_results(results)["nb"]
    assert (entry["profile"], entry["seed"]) == ("quick", 3) and "keras" in entry["ran_on"]


@pytest.mark.parametrize(
    ("relation", "value", "bound"),
    [("at_least", 0.4, 0.5), ("at_most", 0.6, 0.5), ("equals", 2, 3)]
    + [(relation, value, 0.5) for relation in ("at_least", "at_most") for value in (math.nan, math.inf, -math.inf)],
)
def test_missed_claims_raise_and_are_written(results, relation, value, bound):
    with pytest.raises(claims.ClaimMissed, match=r"the text: .* \(claimed"):
        getattr(claims.Claims("nb", "quick", 0), relation)("the text", value, bound)
    assert stored(results)[0]["held"] is False
    json.loads(results.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_profile_chooses_the_bound(results):
    mine = claims.Claims("nb", "full", 0)
    with pytest.raises(claims.ClaimMissed):
        mine.at_least("accuracy", 0.75, quick=0.5, full=0.99)
    with pytest.raises(ValueError, match="'full' has none"):
        mine.at_least("accuracy", 0.75, quick=0.5)
    with pytest.raises(ValueError, match="PROFILE must be 'quick' or 'full', got 'fast'"):
        claims.Claims("nb", "fast", 0)


def test_a_new_run_forgets_the_old_one(results):
    claims.Claims("nb", "quick", 0).at_most("loss", 1, 2)
    claims.Claims("nb", "quick", 0)
    assert "claims" not in claims.read_results(results)["nb"]


def test_served_data_are_recorded(results, capsys):
    claims.Claims("nb", "quick", 0).served("MNIST, embedded")
    assert claims.read_results(results)["nb"]["data"] == ["MNIST, embedded"]
    assert "MNIST, embedded" in capsys.readouterr().out


def test_a_file_of_another_kind_is_refused_and_kept(results):
    results.write_text("hello")
    with pytest.raises(ValueError, match=r"results.json is not a results file .* move it away"):
        claims.Claims("nb", "quick", 0)
    assert results.read_text() == "hello"


def write_many(path, notebook):
    for number in range(20):
        claims.write_entry(path, notebook, {"number": number, f"key{number}": number})


def test_processes_side_by_side_do_not_undo_each_other(results):
    names = [f"nb{k}" for k in range(4)]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(write_many, [(results, name) for name in names])
    found = claims.read_results(results)
    assert sorted(found) == names
    assert all(entry["number"] == 19 and len(entry) == 21 for entry in found.values())
    assert sorted(path.name for path in results.parent.iterdir()) == ["results.json", "results.lock"]
