"""Joint cells stand for the answers they were made of."""

from __future__ import annotations

import numpy as np
import pytest

from latentclass.graph.ops import PackAnswers
from latentclass.graph.packing import Packing
from tests.graph.evaluation import in_python
from tests.graph.test_ops import symbolic

SIZES = {
    "five levels": (5,) * 12,
    "binary": (2,) * 7,
    "many levels": (30, 70, 2, 2, 2, 40),
    "one item": (3,),
    "one level": (1, 1, 2),
}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_members_of_packed_answers_are_the_answers(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    order = rng.permutation(len(sizes))
    offsets = np.zeros(len(sizes), dtype=int)
    offsets[order] = np.cumsum([0, *np.array(sizes)[order][:-1]])
    packing = Packing(offsets=tuple(offsets.tolist()), sizes=sizes)
    codes = rng.integers(-1, sizes, size=(50, len(sizes)))
    packed = packing.pack(codes)
    assert packed.shape == (50, len(packing.groups))
    for row, answers in zip(packed, codes, strict=True):
        cells = packing.members[row]
        wanted = sorted(o + c for o, c in zip(offsets, answers, strict=True) if c >= 0)
        assert sorted(cells[cells < sum(sizes)].tolist()) == wanted
    inputs = symbolic(codes)
    assert in_python(inputs, PackAnswers(packing)(*inputs))(codes).tolist() == packed.tolist()


def test_groups_are_small_and_hold_every_item_once() -> None:
    packing = Packing(offsets=tuple(range(0, 60, 5)), sizes=(5,) * 12)
    assert packing.groups == tuple((j, j + 1) for j in range(0, 12, 2))
    assert Packing(offsets=(0, 2, 4, 6), sizes=(2, 2, 2, 2)).groups == ((0, 1, 2), (3,))
    assert Packing(offsets=(0, 100), sizes=(100, 100)).groups == ((0,), (1,))


def test_joint_cells_beyond_two_bytes() -> None:
    packing = Packing(offsets=(0, 70000), sizes=(70000, 2))
    assert packing.dtype == "int32"
    assert packing.pack(np.array([[69999, 1]])).tolist() == [[69999, 70002]]
