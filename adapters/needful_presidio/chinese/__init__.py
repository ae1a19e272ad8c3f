"""Names of people, places and organisations in Chinese text, simplified or traditional, with no model."""

from __future__ import annotations

from needful_presidio.chinese.finder import ENTITIES, ChineseNames, load_chinese

__all__ = ["ENTITIES", "ChineseNames", "load_chinese"]
