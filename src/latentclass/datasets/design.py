"""What the survey on internal social media asked, and the truth that is made up for it.

Only `PUBLISHED` is published. Every other number here is invented.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from latentclass.model import Construct, FactorGroup, FrozenMapping, Model, binary, construct, nominal, ordinal

__all__ = [
    "AGE",
    "ANTICIPATED_USE_SLOPES",
    "ANTICIPATED_USE_THRESHOLDS",
    "ATTITUDES",
    "CHANNELS",
    "CHANNEL_PROBABILITY",
    "GROUPS",
    "HAS_POSTED",
    "INDICATORS",
    "INDUSTRIES",
    "PUBLISHED",
    "SEGMENTS",
    "SHARES",
    "SLOPES",
    "internal_social_media_model",
    "likert_baselines",
    "score_correlation",
]

PUBLISHED: Final = FrozenMapping({"n": 500, "share_female": 0.49, "mean_age": 44.0, "mean_tenure": 12.0})
AGE: Final = FrozenMapping({"mean": 44.0, "sd": 11.0, "lowest": 22.0, "highest": 66.0, "tenure_shape": 1.2})
"""Years: a normal cut at equal distances from its mean; shape of the Beta that tenure is a share of working life by."""

INDUSTRIES: Final = FrozenMapping(
    {
        "manufacturing": 0.17,
        "information technology": 0.12,
        "health care": 0.11,
        "public administration": 0.11,
        "finance and insurance": 0.09,
        "trade": 0.09,
        "education": 0.08,
        "transport and logistics": 0.07,
        "construction": 0.05,
        "energy and water": 0.04,
        "media and communication": 0.04,
        "hospitality": 0.03,
    }
)
GROUPS: Final = FrozenMapping(
    {
        "individual": ("stress", "information_load", "age", "gender"),
        "social": ("social_capital",),
        "organizational": ("organizational_support",),
        "technical": ("ease_of_use", "design_quality", "privacy_concern"),
    }
)
INDICATORS: Final = FrozenMapping(
    {
        "stress": (2.2, 1.8, 1.3),
        "information_load": (1.9, 2.4, 1.6),
        "social_capital": (1.8, 2.1, 1.5, 1.2),
        "organizational_support": (2.5, 2.0, -1.5, 1.8),
        "ease_of_use": (2.3, 1.9, -1.4, 2.6),
        "design_quality": (2.0, 1.7, 2.4),
        "privacy_concern": (2.2, 2.6, 1.6),
    }
)
"""Loadings in logits per construct; indicators are named by number, and a negative loading is a reverse-keyed one."""

SEGMENTS: Final = ("pragmatic users", "advocates", "onlookers", "sceptics")
SHARES: Final = (0.35, 0.28, 0.22, 0.15)
SLOPES: Final = FrozenMapping(
    {
        "stress": (0.50, -0.40, 0.30, -0.40),
        "information_load": (-0.30, 0.40, -0.50, 0.40),
        "age": (0.20, -0.50, 0.10, 0.20),
        "gender": (0.40, -0.20, -0.30, 0.10),
        "social_capital": (-0.20, 0.80, 0.10, -0.70),
        "organizational_support": (0.55, 0.55, -0.75, -0.35),
        "ease_of_use": (0.55, 0.45, -0.35, -0.65),
        "design_quality": (0.10, 0.60, -0.20, -0.50),
        "privacy_concern": (-0.15, -0.50, 0.10, 0.55),
    }
)
"""Logits per standard deviation (age, scores), and for men against women (gender); those of the individual group are
multiplied by what gives the group the weight that is asked for."""

ATTITUDES: Final = FrozenMapping(
    {
        "sharing": (1.0, 1.6, -1.0, -2.0),
        "dialogue": (-0.6, 1.9, -0.4, -1.6),
        "networking": (-0.8, 2.0, 0.2, -1.7),
        "learning": (1.2, 1.1, 0.4, -1.8),
        "recognition": (-0.5, 1.7, -0.9, -0.9),
        "belonging": (-0.4, 1.6, 0.5, -1.9),
        "transparency": (1.3, 1.0, 0.1, -1.5),
        "feedback": (0.3, 1.4, -0.9, -1.2),
        "self_presentation": (-1.0, 1.8, -0.7, -0.6),
        "distraction": (-0.5, -1.6, 0.5, 1.7),
    }
)
"""Location of each segment in logits, before their mean is taken out."""

HAS_POSTED: Final = (0.55, 0.85, 0.15, 0.06)
CHANNELS: Final = ("newsfeed", "blogs", "wikis", "groups", "chat")
CHANNEL_PROBABILITY: Final = (
    (0.20, 0.08, 0.42, 0.18, 0.12),
    (0.26, 0.18, 0.10, 0.30, 0.16),
    (0.52, 0.14, 0.12, 0.08, 0.14),
    (0.34, 0.04, 0.12, 0.06, 0.44),
)
ANTICIPATED_USE_SLOPES: Final = FrozenMapping({"ease_of_use": 0.9, "design_quality": 1.1, "privacy_concern": -1.0})
ANTICIPATED_USE_THRESHOLDS: Final = (-2.6, -1.0, 0.4, 2.2)

_BASELINES: Final = (
    (0.10, 0.18, 0.27, 0.28, 0.17),
    (0.06, 0.14, 0.26, 0.34, 0.20),
    (0.14, 0.23, 0.28, 0.22, 0.13),
)
_WITHIN, _BETWEEN = 0.3, 0.1
_UNFAVOURABLE = frozenset({"stress", "information_load", "privacy_concern"})
_LIKERT: Final = (1, 2, 3, 4, 5)


def internal_social_media_model() -> Model:
    """Return the model that generates the survey on internal social media."""
    return Model(
        items=(
            *ordinal(*ATTITUDES, levels=_LIKERT),
            *binary("has_posted", levels=["no", "yes"]),
            *nominal("main_channel", levels=CHANNELS),
        ),
        n_classes=len(SHARES),
        factor_groups={name: FactorGroup(name=name, terms=terms) for name, terms in GROUPS.items()},
        constructs={name: _construct(name) for name in INDICATORS},
    )


def likert_baselines(count: int) -> np.ndarray:
    """Return answer distributions at the average for so many five-point questions, one after another."""
    return np.concatenate([_BASELINES[j % len(_BASELINES)] for j in range(count)])


def score_correlation() -> np.ndarray:
    """Return the correlations of the construct scores: higher within a factor group than between two."""
    names = list(INDICATORS)
    home = {name: group for group, terms in GROUPS.items() for name in terms}
    sign = np.array([-1.0 if name in _UNFAVOURABLE else 1.0 for name in names])
    size = np.array([[_WITHIN if home[a] == home[b] else _BETWEEN for b in names] for a in names])
    np.fill_diagonal(size, 1.0)
    return np.asarray(size * np.outer(sign, sign))


def _construct(name: str) -> Construct:
    return construct(*(f"{name}_{j + 1}" for j in range(len(INDICATORS[name]))), levels=_LIKERT)
