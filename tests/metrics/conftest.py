"""Hypothesis draws the same examples every time, so that a verdict never changes without a change of code."""

from hypothesis import settings

settings.register_profile("ganmend", derandomize=True, deadline=None, database=None)
settings.load_profile("ganmend")
