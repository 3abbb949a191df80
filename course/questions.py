"""The question bank: read from `questions.toml`, as a page of the site, and in GIFT for a learning platform."""

import re
import tomllib
from pathlib import Path

from course import catalogue


def read():
    """Return the questions of each part of the course: dicts with text, notebook and four choices."""
    entries = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["question"]
    return {part: [one for one in entries if one["part"] == part] for part in catalogue.PARTS}


def page():
    """Return the questions in MyST Markdown, the answers folded."""
    lines = []
    for part, found in read().items():
        lines.append(f"## {part}\n")
        for number, one in enumerate(found, 1):
            title = one["notebook"].partition("_")[0]
            lines.append(f"**{number}.** {one['text'].strip()} ([{title}](notebooks/{one['notebook']}.ipynb))\n")
            choices = list(zip("ABCD", one["choice"], strict=True))
            lines += [f"- **{letter}** {choice['text']}" for letter, choice in choices]
            right = next(letter for letter, choice in choices if choice["right"])
            lines.append(f"\n:::{{dropdown}} Answer to question {number}\n**{right}** is right.\n")
            lines += [f"- **{letter}** {choice['why']}" for letter, choice in choices]
            lines.append(":::\n")
    return "\n".join(lines)


def gift():
    """Return the questions in GIFT (https://docs.moodle.org/en/GIFT_format), with the reasons as feedback."""
    blocks = []
    for part, found in read().items():
        blocks.append(f"$CATEGORY: {part}")
        for one in found:
            choices = [
                f"\t{'=' if choice['right'] else '~'}{escaped(choice['text'])}#{escaped(choice['why'])}"
                for choice in one["choice"]
            ]
            blocks.append("\n".join([f"::{escaped(one['id'])}::[markdown]{escaped(one['text'])}{{", *choices, "}"]))
    return "\n\n".join(blocks)


def escaped(text):
    """Return a text on one line, with a backslash before each character that GIFT gives a meaning."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", " ".join(text.split()))
