"""What readers type, by language, and the places of which one must come first."""

from project import ROOT

from sitetools.content import yaml_files

DATA = ROOT / "tests" / "data"
LANGUAGES = sorted(path.suffixes[0][1:] for path in DATA.glob("queries.*.yml"))


def queries(language: str) -> dict[str, list[str]]:
    """Return each query of a language with its places: pages, or sections of pages."""
    found: dict[str, list[str]] = {}
    for path in sorted(DATA.glob(f"*.{language}.yml")):
        for where, asked in yaml_files.parse(path.read_text("utf-8"), path).items():
            for query in asked:
                assert query not in found, f"{path}: {query!r} appears twice"
                found[query] = where.split("|")
    return found
