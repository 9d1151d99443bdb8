"""A pocket calculator for formulas: numbers, texts, single cells, + - * / &, NA() and HYPERLINK; else #NAME?."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from addin.memory.typed import ERRORS

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")
_LINK = re.compile(r'=HYPERLINK\("(?:[^"]|"")*",\s*"((?:[^"]|"")*)"\)', re.IGNORECASE)
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def evaluate(formula: str, cell: Callable[[str], object]) -> object:
    """The value of a formula ("=A1*2"); `cell` tells the value of an address."""
    if formula.upper() == "=NA()":
        return ERRORS["#N/A"]
    if link := _LINK.fullmatch(formula):
        return link[1].replace('""', '"')
    try:
        tree = ast.parse(_CELL.sub(r"cell('\1\2')", formula[1:]), mode="eval").body
        return _value(tree, cell)
    except ZeroDivisionError:
        return ERRORS["#DIV/0!"]
    except TypeError:
        return ERRORS["#VALUE!"]
    except (SyntaxError, LookupError):
        return ERRORS["#NAME?"]


def _value(node: ast.expr, cell: Callable[[str], object]) -> object:
    match node:
        case ast.Constant(value=bool() | str() as value):
            return value
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Call(func=ast.Name(id="cell"), args=[ast.Constant(value=str() as address)]):
            return cell(address)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(_value(operand, cell))
        case ast.BinOp(op=ast.BitAnd(), left=left, right=right):
            return f"{_value(left, cell)}{_value(right, cell)}"
        case ast.BinOp(op=op, left=left, right=right):
            return _OPERATORS[type(op)](_number(_value(left, cell)), _number(_value(right, cell)))
    raise LookupError(ast.dump(node))


def _number(value: object) -> float:
    if value is None:
        return 0.0
    if isinstance(value, float):
        return value
    raise TypeError(value)
