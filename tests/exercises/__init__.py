"""What the checker of each exercise is tried on, one module for each notebook: a dict CASES from grade_id to Case."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Case:
    """Answers that are right, answers that look right, and inputs on which a mutant is compared with the solution.

    `also` holds correct answers in another style, `wrong` plausible mistakes by name. An answer is what stands between
    the markers (indented as there), or, for a mistake, a pair: text of the solution, text of the mistake. `inputs`
    takes a NumPy generator and returns arguments of the function `call`, by default the first that the cell defines; an
    exercise that is answered by values needs none.
    """

    also: list[str]
    wrong: dict[str, str | tuple[str, str]]
    inputs: Callable | None = None
    call: str = ""
