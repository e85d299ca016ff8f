"""One sampled fit, shared by the tests that read it: compiling costs more than anything they do."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import latentclass as lc

CHEATING = ("LIEEXAM", "LIEPAPER", "FRAUD", "COPYEXAM")


@pytest.fixture(scope="session")
def cheating_model() -> lc.Model:
    return lc.Model(items=lc.binary(*CHEATING), n_classes=2, priors=lc.Priors.flat())


@pytest.fixture(scope="session")
def cheating_fit(reference_survey: Callable[[str], pd.DataFrame], cheating_model: lc.Model, tmp_path_factory) -> lc.Fit:
    frame = reference_survey("cheating")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTCLASS_UNFINISHED", str(tmp_path_factory.mktemp("unfinished")))
        return lc.fit(cheating_model, frame, draws=2000, seed=1, progressbar=False)
