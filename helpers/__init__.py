"""Small helpers shared by the notebooks of the course.

Imports point one way: notebooks import these modules; `plotting`, `metrics` and
`claims` know nothing of `datasets`, and none of them knows `run` or `report`.
"""
