"""What readers type, by language, and the places of which one must come first."""

import yaml
from project import ROOT

DATA = ROOT / "tests" / "data"
LANGUAGES = sorted(path.suffixes[0][1:] for path in DATA.glob("queries.*.yml"))


def queries(language: str) -> dict[str, list[str]]:
    """Return each query of a language with its places: pages, or sections of pages."""
    groups = yaml.safe_load((DATA / f"queries.{language}.yml").read_text("utf-8"))
    return {
        query: where.split("|") for where, asked in groups.items() for query in asked
    }
