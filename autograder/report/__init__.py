"""Reports: every output is a view of a Result and of stored Evidence; none computes a score of its own.

``terminal`` and ``html`` are for people, ``schema`` describes the JSON. Nothing is imported here, so that
whoever prints to a terminal does not pay for the templates of a web page.
"""

__all__: list[str] = []
