"""What other sites show of a link: an image of 1200 x 630, in the page's language.

The image is one per language, docs/shared/cards/<language>.png; a language without one
has the English image. Others fetch it, so a site needs an address to have any of this.
"""

from __future__ import annotations

from babel.core import get_global, parse_locale

from sitetools.content.project import SOURCE_LANGUAGE, Project


def of_page(project: Project, language: str, site_url: str) -> dict[str, object]:
    """Return what the templates say of a page to those who share it.

    Args:
        project: the project.
        language: the language of the site.
        site_url: the address of the language's site.
    """
    own = (project.shared / "cards" / f"{language}.png").is_file()
    root = site_url.removesuffix(f"{language}/")
    return {
        "card": f"{root}assets/cards/{language if own else SOURCE_LANGUAGE}.png",
        "locales": {code: territory(code) for code in project.languages()},
    }


def territory(language: str) -> str:
    """Return a language with its country, or the one where most speak it: `ko_KR`."""
    code, country, script, *_ = parse_locale(language, sep="-")
    likely = get_global("likely_subtags")
    known = likely.get(f"{code}_{script}" if script else code, code)
    return f"{code}_{country or known.split('_')[-1]}"
