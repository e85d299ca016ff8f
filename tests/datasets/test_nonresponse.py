"""Gaps in a questionnaire, each kind at its rate."""

import numpy as np
import pytest

from latentclass.datasets.nonresponse import answers_lost

N = 20_000
SCALES = [["s1", "s2", "s3"], ["t1", "t2", "t3", "t4"]]
QUESTIONS = [*SCALES[0], *SCALES[1], *(f"item_{j}" for j in range(8)), "last"]


@pytest.fixture(scope="module")
def lost():
    return answers_lost(N, QUESTIONS, SCALES, "item_0", np.random.default_rng(3))


def test_one_in_300_answers_no_item(lost):
    """Exactly: the others answer four items before they break off, so the number is no matter of luck."""
    assert lost[:, 7:].all(axis=1).sum() == 60


def test_the_last_question_is_missed_by_those_who_break_off_as_well(lost):
    # 4 % of single answers, 2 % of late and 0.3 % of early ends; a standard error of 0.0017.
    assert lost[:, -1].mean() == pytest.approx(1 - 0.96 * 0.98 * 0.997, abs=5 * 0.0017)


def test_the_first_question_is_missed_alone_or_with_its_scale(lost):
    # 1.5 % of single answers, and half of the 2 % who skip a scale skip this one; a standard error of 0.0011.
    assert lost[:, 0].mean() == pytest.approx(1 - 0.985 * 0.99, abs=5 * 0.0011)
    assert lost[:, :3].all(axis=1).mean() == pytest.approx(0.01, abs=5 * 0.0007)


def test_a_small_survey_has_one_who_answers_no_item():
    lost = answers_lost(50, QUESTIONS, SCALES, "item_0", np.random.default_rng(3))
    assert lost[:, 7:].all(axis=1).sum() == 1
