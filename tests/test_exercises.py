"""Exercises tell right answers from wrong ones: from stubs, plausible mistakes, and mutants of their solutions."""

import functools
import importlib
import re
import signal
from collections import Counter
from contextlib import contextmanager

import nbformat
import numpy as np
import pytest
from cosmic_ray import mutating, plugins

from course import exercises
from helpers import notebooks
from tests.exercises import Case

PATHS = notebooks.choose([])
EXERCISES = {path.stem: exercises.of(path) for path in PATHS}
ALL = {one.grade_id: (stem, one) for stem, found in EXERCISES.items() for one in found}
each_notebook = pytest.mark.parametrize("stem", EXERCISES)
each_exercise = pytest.mark.parametrize("name", ALL)
# Not asked of a solution: identity, shifts of bits, and powers that may take for ever.
OPERATORS = [name for name in plugins.operator_names() if not re.search(r"Is|Shift|_Pow$|Variable|NoOp", name)]


@functools.cache
def cases(stem):
    """Return the cases of a notebook's exercises."""
    return importlib.import_module(f"tests.exercises.{stem}").CASES


def case(name) -> Case:
    """Return the case of one exercise."""
    return cases(ALL[name][0])[name]


class TookTooLong(Exception):
    """An answer that does not end."""


@contextmanager
def limited(seconds=5):
    """Raise TookTooLong in the body after some seconds."""

    def stop(*_):
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@functools.cache
def surroundings(stem):
    """Return what a notebook defines."""
    return notebooks.definitions(stem)


def cell_of(exercise, answer):
    """Return the solution cell with an answer of a Case in it."""
    if isinstance(answer, str):
        return exercises.SOLUTION.sub(lambda _: answer.strip("\n"), exercise.solution)
    right, wrong = answer
    assert right in exercise.solution, f"{right!r} does not stand in the solution of {exercise.grade_id}"
    return exercise.solution.replace(right, wrong)


def refusal(name, source):
    """Return the exception with which the checker refuses a solution cell, or None if it accepts it."""
    stem, exercise = ALL[name]
    names = dict(vars(surroundings(stem)))
    for defined in exercise.names:
        names.pop(defined, None)
    try:
        with limited(), np.errstate(all="ignore"):
            exec(compile(source, "<answer>", "exec"), names)
            exec(compile(exercise.test, "<test>", "exec"), names)
    except Exception as error:
        return error
    return None


@each_notebook
def test_a_notebook_has_exercises_of_several_kinds(stem):
    found = EXERCISES[stem]
    assert 3 <= len(found) <= 5 and [one.number for one in found] == list(range(1, len(found) + 1))
    assert len({one.kind for one in found}) >= 3, "at least three of: " + ", ".join(exercises.KINDS)
    assert len({one.stars for one in found}) >= 2, "not all of one grade"
    assert cases(stem).keys() == {one.grade_id for one in found}


def test_there_are_sixty_exercises_of_all_kinds():
    assert len(ALL) == sum(map(len, EXERCISES.values())) >= 60, "a grade_id occurs twice, or exercises are missing"
    kinds = Counter(exercise.kind for _, exercise in ALL.values())
    assert min(kinds[kind] for kind in exercises.KINDS) >= 5, kinds


@each_exercise
def test_an_exercise_has_the_agreed_form(name):
    exercise = ALL[name][1]
    assert exercise.points == exercise.stars and exercise.names and "import " not in exercise.solution
    assert "### BEGIN HIDDEN TESTS" in exercise.test or exercise.kind in ("predict", "read")
    kept = exercises.HIDDEN.sub("", exercise.test)
    visible = [line for line in exercise.solution.split("\n") if "###" not in line]
    assert "### " not in kept and kept.strip(), "a student sees a part of the tests"
    assert max(map(len, visible)) <= 100
    task = exercise.task
    assert all(f"`{defined}" in task or exercise.names.index(defined) for defined in exercise.names), (
        "the task names what the cell defines"
    )
    assert 20 <= len(task.split()) <= 170, len(task.split())
    assert refusal(name, exercise.solution) is None, "names of the notebook may not be needed, only its definitions"


@each_exercise
def test_correct_answers_in_another_style_are_accepted(name):
    assert case(name).also
    for answer in case(name).also:
        assert (error := refusal(name, cell_of(ALL[name][1], answer))) is None, f"{answer}\n{error!r}"


@each_exercise
def test_a_stub_and_lazy_answers_are_refused(name):
    exercise = ALL[name][1]
    assert isinstance(refusal(name, exercises.answered(exercise.solution, exercises.STUB)), NotImplementedError)
    if "def " in exercise.solution:
        lazy = ["pass", "return 0", "return 1", "return True", "return np.zeros(3)", "return locals().popitem()[1]"]
    else:
        values = ("None", "0", "1", "True", "''", "'a'", "np.nan", "[]")
        lazy = ["\n".join(f"{defined} = {value}" for defined in exercise.names) for value in values]
    accepted = [answer for answer in lazy if refusal(name, exercises.answered(exercise.solution, answer)) is None]
    assert not accepted


@each_exercise
def test_plausible_mistakes_are_refused_with_a_message(name):
    wrong = case(name).wrong
    assert len(wrong) >= 4
    for mistake, answer in wrong.items():
        error = refusal(name, cell_of(ALL[name][1], answer))
        assert error is not None, f"accepted: {mistake}"
        assert not isinstance(error, AssertionError) or str(error).strip(), f"no message for: {mistake}"
        assert not isinstance(error, NameError | SyntaxError), f"{mistake}: {error!r}"


def mutants(source):
    """Return the sources of a solution cell in which one operator or number is another, without repetitions."""
    found = {}
    before, after = source.split("### BEGIN SOLUTION")[0], source.split("### END SOLUTION")[1]
    for operator in OPERATORS:
        occurrence = 0
        while (mutant := mutating.mutate_code(source, plugins.get_operator(operator)(), occurrence)) is not None:
            if mutant.startswith(before) and mutant.endswith(after):
                found[mutant] = None
            occurrence += 1
    return list(found)


def same(one, other):
    """Return whether two answers are equal, numbers and arrays but for rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    try:
        return bool(np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True))
    except TypeError:
        return bool(one == other)


def answers(name, source, count):
    """Yield the answers of a solution cell for `count` generated inputs, or its values."""
    stem, exercise = ALL[name]
    names = dict(vars(surroundings(stem)))
    exec(source, names)
    if not case(name).inputs:
        yield [names.get(defined) for defined in exercise.names]
        return
    rng, function = np.random.default_rng(0), names[case(name).call or exercise.names[0]]
    for _ in range(count):
        arguments = case(name).inputs(rng)
        try:
            yield function(*arguments)
        except Exception as error:
            yield type(error).__name__


def is_equivalent(name, mutant, count=1000):
    """Return whether a mutant gives the answers of the solution for all generated inputs."""
    try:
        with limited(60), np.errstate(all="ignore"):
            return all(map(same, answers(name, ALL[name][1].solution, count), answers(name, mutant, count)))
    except Exception:
        return False


@pytest.mark.deep
@each_exercise
def test_mutants_of_a_solution_are_refused(name):
    found = mutants(ALL[name][1].solution)
    survivors = [mutant for mutant in found if refusal(name, mutant) is None]
    survivors = [mutant for mutant in survivors if not is_equivalent(name, mutant)]
    share = 1 - len(survivors) / max(len(found), 1)
    print(f"{name}: {len(found)} mutants, {len(survivors)} accepted that are not equivalent")
    assert share >= 0.95, "\n---\n".join(survivors)


def code(notebook):
    """Return the source of all code cells."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def test_copies_leave_out_what_they_should():
    notebook = nbformat.read(PATHS[0], 4)
    readers = code(exercises.without_solutions(notebook))
    students = code(exercises.without_solutions(notebook, hidden_tests=False))
    assert readers.count("raise NotImplementedError()") == len(EXERCISES[PATHS[0].stem])
    assert "### BEGIN SOLUTION" not in readers + students
    assert "### BEGIN HIDDEN TESTS" in readers and "HIDDEN" not in students
    assert "### BEGIN SOLUTION" in code(notebook), "the notebook itself stays"


BROKEN = [
    ("**1. A title**", "needs a title"),
    ("**1. A title** (solve, ★).", "The kinds are"),
    ("**1. T** (read, ★).", "-test"),
]


@pytest.mark.parametrize(("task", "sentence"), BROKEN)
def test_a_broken_exercise_is_named(task, sentence):
    entry = {"grade_id": "a", "solution": True, "grade": False}
    cells = [nbformat.v4.new_markdown_cell(task)]
    cells.append(nbformat.v4.new_code_cell("### BEGIN SOLUTION\na = 1\n### END SOLUTION", metadata={"nbgrader": entry}))
    with pytest.raises(exercises.ExerciseBroken, match="`a`.*" + sentence):
        exercises.of(nbformat.v4.new_notebook(cells=cells))
