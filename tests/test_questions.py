"""The question bank is whole, and its export says what the bank says."""

import re

import pytest

from course import __main__ as command
from course import questions
from helpers import notebooks

ALL = [one for found in questions.read().values() for one in found]


def test_each_part_has_ten_questions_on_its_notebooks():
    parts = questions.read()
    assert all(len(found) == 10 for found in parts.values()) and sum(map(len, parts.values())) == len(ALL)
    assert len({one["id"] for one in ALL}) == len(ALL)
    for part, found in parts.items():
        assert {one["notebook"] for one in found} <= questions.catalogue.PARTS[part].keys()


@pytest.mark.parametrize("one", ALL, ids=lambda one: one["id"])
def test_a_question_has_one_right_choice_of_four(one):
    texts = [choice["text"] for choice in one["choice"]]
    assert len(set(texts)) == 4 and [choice["right"] for choice in one["choice"]].count(True) == 1
    assert all(choice["why"].strip() for choice in one["choice"]) and 12 <= len(one["text"].split()) <= 80


def test_the_right_choice_cannot_be_found_by_its_length_or_place():
    right = [[choice["right"] for choice in one["choice"]].index(True) for one in ALL]
    lengths = [[len(choice["text"]) for choice in one["choice"]] for one in ALL]
    longest = sum(sizes[place] == max(sizes) for sizes, place in zip(lengths, right, strict=True))
    assert longest <= 0.4 * len(ALL) and max(map(right.count, range(4))) <= 0.4 * len(ALL)


def unescaped(text):
    return re.sub(r"\\(.)", r"\1", text)


def test_gift_says_what_the_bank_says(capsys):
    assert command.main(["questions"]) == 0
    blocks = [block for block in capsys.readouterr().out.strip().split("\n\n") if not block.startswith("$CATEGORY")]
    for one, block in zip(ALL, blocks, strict=True):
        first, *choices, last = block.split("\n")
        assert unescaped(first) == f"::{one['id']}::[markdown]{' '.join(one['text'].split())}{{" and last == "}"
        for choice, line in zip(one["choice"], choices, strict=True):
            kind, text, why = re.fullmatch(r"\t([=~])((?:[^\\#]|\\.)*)#((?:[^\\#]|\\.)*)", line).groups()
            assert (kind == "=", unescaped(text), unescaped(why)) == (choice["right"], choice["text"], choice["why"])
            assert not re.search(r"(?<!\\)[~={}:]", text + why), "a character that GIFT would read as its own"


def test_every_notebook_is_asked_about():
    asked = {one["notebook"] for one in ALL}
    assert len(asked) >= 0.8 * len(notebooks.choose([]))
