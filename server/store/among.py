"""`column IN (...)` for any number of values, as one parameter.

A list written out value by value makes another statement for every length of list, and on PostgreSQL costs more to
write than to answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, String, any_, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY


def among(dialect: str, where: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a text column holds one of `values`; false for none."""
    wanted = sorted(set(values))
    if len(wanted) == 1:
        one: ColumnElement[bool] = where == wanted[0]
        return one
    if dialect == "postgresql":
        held: ColumnElement[bool] = where == any_(bindparam(None, wanted, type_=ARRAY(String)))
    else:
        listed: Any = func.json_each(json.dumps(wanted)).table_valued(column("value", String))
        held = where.in_(select(listed.c.value))
    return held
