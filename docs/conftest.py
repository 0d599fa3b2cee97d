"""Makes every code block of every page a test; see tests/blocks.py."""

from blocks import Plugin, sybil
from project import PROJECT

_plugin = Plugin()
pytest_addoption = _plugin.pytest_addoption
pytest_configure = _plugin.pytest_configure
pytest_collection_modifyitems = _plugin.pytest_collection_modifyitems
pytest_sessionfinish = _plugin.pytest_sessionfinish
pytest_collect_file = sybil.pytest()

collect_ignore = [str(PROJECT.docs / "root"), str(PROJECT.docs / "shared")]
