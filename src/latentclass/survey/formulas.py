"""Formulas of factor groups: checked before anything in them is evaluated.

A formula may come from a file, and formulaic evaluates Python. So every expression is parsed and walked first, and only
names of columns, constants, arithmetic and a list of known functions pass.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from formulaic import Formula, SimpleFormula
from formulaic.errors import FormulaicError
from formulaic.parser import DefaultFormulaParser
from formulaic.parser.algos.tokenize import tokenize
from formulaic.parser.types import Term, Token

from latentclass.errors import SurveyError
from latentclass.model import FactorGroup, FrozenMapping

__all__ = ["CONTEXT", "FUNCTIONS", "GroupTerm", "ParsedGroup", "parse_group"]

_NUMPY = ("log", "log10", "log2", "log1p", "exp", "sqrt", "abs")
_CONTRASTS = ("treatment", "sum", "helmert", "diff", "poly", "SAS")
_CODINGS = ("Treatment", "Sum", "Helmert", "Diff", "Poly")
FUNCTIONS = (
    *("C", "Q", "I", "center", "scale", "standardize", "poly", "bs", "cr", "cs", "cc"),
    *_NUMPY,
    *_CODINGS,
)
CONTEXT = FrozenMapping({name: getattr(np, name) for name in _NUMPY})

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)
_ALLOWED = (
    "column names (in backticks where they hold spaces), numbers, + - * / ** inside I(...) and the functions "
    f"{', '.join((*FUNCTIONS, 'np.log ...', 'contr.treatment ...'))}"
)
_MOST_POWER = 10
_MOST_TEXT = 4000
_COLOUR = re.compile("\u29db?\x1b\\[[0-9;]*m\u29da?|[\u29db\u29da]")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`([^`]*)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTerm:
    """One term of a formula.

    Parameters
    ----------
    names : tuple of str
        Columns and constructs in it.
    construct : str, optional
        Name of the latent construct when the term is one.
    term : Term
        The term as formulaic holds it.
    """

    names: tuple[str, ...]
    construct: str | None
    term: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedGroup:
    """A factor group whose formula was checked and parsed, and not yet evaluated.

    Parameters
    ----------
    name : str
        Name of the group.
    terms : tuple of GroupTerm
        Its terms without the intercept.
    formula : SimpleFormula
        What formulaic evaluates: the intercept and all terms but latent constructs.
    aliases : mapping of column name to identifier
        Names under which columns stand in the formula, where it is not their own.
    categories : frozenset of str
        Columns that only stand inside ``C(...)``.
    """

    name: str
    terms: tuple[GroupTerm, ...]
    formula: SimpleFormula
    aliases: FrozenMapping[str]
    categories: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """Columns and constructs the group uses, in order of appearance."""
        return tuple(dict.fromkeys(n for term in self.terms for n in term.names))


@dataclass(slots=True)
class _Found:
    """What one walk over an expression finds."""

    names: list[str] = field(default_factory=list)
    categories: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


def parse_group(group: FactorGroup, latent: Collection[str] = ()) -> ParsedGroup:
    """Return a factor group with its formula checked and parsed.

    Parameters
    ----------
    group : FactorGroup
        The group.
    latent : collection of str
        Names of constructs whose score is a parameter.

    Returns
    -------
    ParsedGroup
        Terms and the columns they use; nothing was evaluated.

    Raises
    ------
    SurveyError
        When the formula cannot be read, holds something that is not allowed, removes the intercept, has a response, or
        puts a latent construct into anything but a main effect.

    Examples
    --------
    >>> parse_group(FactorGroup(name="individual", formula="age + C(gender)")).names
    ('age', 'gender')
    """
    where = f"The formula of factor group {group.name!r}"
    text, aliases = _without_backticks(group.right_hand_side, where)
    original = {alias: name for name, alias in aliases.items()}
    try:
        tokens = [Token(t.token, kind=t.kind) for t in tokenize(text)]
    except FormulaicError as exc:
        raise SurveyError(_unreadable(where, group, exc)) from None
    _check_tokens(tokens, where)
    found = _Found()
    for token in tokens:
        if token.kind is Token.Kind.PYTHON:
            _check_expression(token.token, where, original)
    terms = _parsed_terms(text, where, group)
    group_terms = tuple(_group_term(t, latent, original, found, where) for t in terms if t != "1")
    if not group_terms:
        message = f"{where} ({group.right_hand_side!r}) has no covariates; name at least one column or construct."
        raise SurveyError(message)
    evaluated = [t for t, kept in zip([t for t in terms if t != "1"], group_terms, strict=True) if not kept.construct]
    return ParsedGroup(
        name=group.name,
        terms=group_terms,
        formula=SimpleFormula([t for t in terms if t == "1"] + evaluated, _ordering="none"),
        aliases=FrozenMapping(aliases),
        categories=frozenset(found.categories - found.others),
    )


def _without_backticks(text: str, where: str) -> tuple[str, dict[str, str]]:
    """Put an identifier for every quoted name, so that what is checked is exactly what is evaluated."""
    if len(text) > _MOST_TEXT:
        message = f"{where} has {len(text)} characters; a formula has at most {_MOST_TEXT}."
        raise SurveyError(message)
    aliases: dict[str, str] = {}

    def identifier(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0]
        plain = name.isidentifier() and name.isascii() and not keyword.iskeyword(name)
        if plain and not name.startswith("_") and name not in (*FUNCTIONS, "np", "contr"):
            return name
        return aliases.setdefault(name, f"_column_{len(aliases)}_")

    written = _QUOTED.sub(identifier, re.sub(r"[\r\n\t]", " ", text))
    taken = [alias for alias in aliases.values() if alias in text]
    if taken:
        message = f"{where} uses the name {taken[0]!r}, which stands for a quoted column; rename the column."
        raise SurveyError(message)
    return written, aliases


def _unreadable(where: str, group: FactorGroup, exc: Exception) -> str:
    reason = " ".join(_COLOUR.sub("", str(exc)).split())
    return f"{where} ({group.right_hand_side!r}) cannot be read: {reason}"


def _check_tokens(tokens: list[Token], where: str) -> None:
    values = [t.token for t in tokens]
    if "~" in values:
        message = f"{where} has a response ('~'); write only the covariates, since the response is class membership."
        raise SurveyError(message)
    for symbol in ("|", "[", "]", "."):
        if symbol in values:
            message = f"{where} holds {symbol!r}, which has no meaning here; name each column and join them with '+'."
            raise SurveyError(message)
    for before, after in pairwise(tokens):
        power = before.token in ("**", "^") and after.kind is Token.Kind.VALUE
        if power and not (after.token.isdecimal() and len(after.token) == 1 and int(after.token) <= _MOST_POWER):
            message = f"{where} raises terms to the power {after.token}; at most 9 is allowed."
            raise SurveyError(message)


def _parsed_terms(text: str, where: str, group: FactorGroup) -> list[Term]:
    try:
        terms = list(Formula(text, _parser=DefaultFormulaParser(feature_flags=set())))
    except (FormulaicError, SyntaxError, ValueError, TypeError) as exc:
        raise SurveyError(_unreadable(where, group, exc)) from None
    if "1" not in terms:
        message = (
            f"{where} ({group.right_hand_side!r}) removes the intercept ('0 +' or '- 1'); leave that out, since the "
            "sizes of the classes are the intercept and every group is coded against it."
        )
        raise SurveyError(message)
    return terms


def _group_term(
    term: Term, latent: Collection[str], original: Mapping[str, str], found: _Found, where: str
) -> GroupTerm:
    in_term = _Found()
    for factor in term.factors:
        method = factor.eval_method.value
        if method == "lookup":
            in_term.names.append(original.get(factor.expr, factor.expr))
            in_term.others.add(in_term.names[-1])
        elif method == "python":
            _collect(ast.parse(factor.expr, mode="eval").body, in_term, original, category=False)
    found.categories |= in_term.categories
    found.others |= in_term.others
    names = tuple(dict.fromkeys(in_term.names))
    scores = [n for n in names if n in latent]
    alone = len(term.factors) == 1 and term.factors[0].eval_method.value == "lookup"
    if scores and not alone:
        message = (
            f"{where} puts the latent construct {scores[0]!r} into {_readable(term, original)!r}; a latent score "
            "enters only as a main effect. Use construct(..., scores='mean') to transform it or let it interact."
        )
        raise SurveyError(message)
    return GroupTerm(names=names, construct=scores[0] if scores else None, term=term)


def _readable(term: Term, original: Mapping[str, str]) -> str:
    text = ":".join(factor.expr for factor in term.factors)
    for alias, name in original.items():
        text = text.replace(alias, name)
    return text


def _collect(node: ast.AST, found: _Found, original: Mapping[str, str], *, category: bool) -> None:
    if isinstance(node, ast.Name):
        if category and node.id in _CODINGS:
            return
        name = original.get(node.id, node.id)
        found.names.append(name)
        (found.categories if category else found.others).add(name)
    elif isinstance(node, ast.Call):
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function == "Q":
            found.names.append(str(ast.literal_eval(node.args[0])))
            (found.categories if category else found.others).add(found.names[-1])
            return
        for argument in (*node.args, *(k.value for k in node.keywords)):
            _collect(argument, found, original, category=function == "C")
    elif not isinstance(node, ast.Attribute):
        for child in ast.iter_child_nodes(node):
            _collect(child, found, original, category=False)


def _check_expression(expression: str, where: str, original: Mapping[str, str]) -> None:
    shown = expression
    for alias, name in original.items():
        shown = shown.replace(alias, f"`{name}`")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
        refused = _refused(tree.body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        refused = "an expression that cannot be read"
    if refused is None and not any(
        isinstance(n, ast.Name) or (isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Q")
        for n in ast.walk(tree.body)
    ):
        refused = "no column"
    if refused is not None:
        message = f"{where} holds {shown!r}, with {refused}; allowed are {_ALLOWED}."
        raise SurveyError(message)


def _refused(node: ast.AST) -> str | None:
    """Return what is not allowed in an expression, or None."""
    match node:
        case ast.Name(id=name):
            return f"the name {name!r}" if name.startswith("__") or name in ("np", "contr") else None
        case ast.Constant(value=value):
            return _refused_constant(value)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _refused(operand)
        case ast.BinOp(left=left, op=op, right=right):
            return _refused_operation(left, op, right)
        case ast.Call():
            return _refused_call(node)
    return f"{ast.unparse(node)!r}"


def _refused_constant(value: object) -> str | None:
    if isinstance(value, str):
        # Quotes and backslashes would end the string literal in which formulaic keeps the state of a transform.
        plain = value.isprintable() and not set(value) & set("'\"\\`")
        return None if plain else f"the text {value!r}, which has quotes, backslashes or control characters"
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**53):
        return None
    return f"the constant {str(value)[:40]}"


def _refused_operation(left: ast.AST, op: ast.operator, right: ast.AST) -> str | None:
    if not isinstance(op, _OPERATORS):
        return f"the operator {type(op).__name__}"
    if isinstance(op, ast.Pow):
        power = right.operand if isinstance(right, ast.UnaryOp) else right
        value = power.value if isinstance(power, ast.Constant) else None
        small = isinstance(value, int | float) and abs(value) <= _MOST_POWER
        if not small or not any(isinstance(n, ast.Name) for n in ast.walk(left)):
            return f"a power that is not a column to a number up to {_MOST_POWER}"
    return _refused(left) or _refused(right)


def _refused_call(node: ast.Call) -> str | None:
    match node.func:
        case ast.Name(id=name) if name in FUNCTIONS:
            pass
        case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in _NUMPY:
            pass
        case ast.Attribute(value=ast.Name(id="contr"), attr=name) if name in _CONTRASTS:
            pass
        case _:
            return f"a call of {ast.unparse(node.func)!r}"
    if isinstance(node.func, ast.Name) and node.func.id == "Q":
        text = len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.Constant)
        if not text or not isinstance(node.args[0].value, str):  # type: ignore[attr-defined]
            return "Q() of something else than one column name in quotes"
    unnamed = [k for k in node.keywords if k.arg is None or k.arg.startswith("_")]
    if unnamed:
        return "an argument that is not one of the function's own"
    for argument in (*node.args, *(k.value for k in node.keywords)):
        refused = _refused_argument(argument)
        if refused is not None:
            return refused
    return None


def _refused_argument(node: ast.AST) -> str | None:
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return next((r for r in map(_refused_literal, elements) if r), None)
        case ast.Attribute(value=ast.Name(id="contr"), attr=name) if name in _CONTRASTS:
            return None
        case ast.Name(id=name) if name in _CODINGS:
            return None
    return _refused(node)


def _refused_literal(node: ast.AST) -> str | None:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return _refused(inner) if isinstance(inner, ast.Constant) else f"{ast.unparse(node)!r} in a list"
