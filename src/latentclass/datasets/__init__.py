"""Simulated surveys with their truth."""

from latentclass.datasets.plain import plain_survey
from latentclass.datasets.social_media import internal_social_media

__all__ = ["internal_social_media", "plain_survey"]
