"""What other sites show of a link: an image of 1200 x 630, and data on the page.

The image is one per language, docs/shared/cards/<language>.png; a language without one
has the English image. Others fetch it, so a site needs an address to have any of this.
"""

from __future__ import annotations

import json

from babel.core import get_global, parse_locale

from sitetools.content.project import SOURCE_LANGUAGE, Project
from sitetools.publish.history import About


def of_page(
    about: About, project: Project, language: str, site_url: str
) -> dict[str, object]:
    """Return what the templates say of a page to those who share it.

    Args:
        about: the page.
        project: the project.
        language: the page's language.
        site_url: the address of the language's site.
    """
    own = (project.shared / "cards" / f"{language}.png").is_file()
    root = site_url.removesuffix(f"{language}/")
    return {
        "card": f"{root}assets/cards/{language if own else SOURCE_LANGUAGE}.png",
        "data": linked_data(about, language),
        "locales": {code: territory(code) for code in project.languages()},
    }


def linked_data(about: About, language: str) -> str:
    """Return what search engines read of the page: its date, language and license."""
    data = {
        "@context": "https://schema.org",
        "@type": "TechArticle" if about.title else "WebSite",
        "name": "" if about.title else about.site,
        "headline": about.title,
        "url": about.address,
        "inLanguage": language,
        "dateModified": about.day,
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    known = {key: value for key, value in data.items() if value}
    return json.dumps(known, ensure_ascii=False).replace("<", "\\u003c")


def territory(language: str) -> str:
    """Return a language with its country, or the one where most speak it: `ko_KR`."""
    code, country, script, *_ = parse_locale(language, sep="-")
    likely = get_global("likely_subtags")
    known = likely.get(f"{code}_{script}" if script else code, code)
    return f"{code}_{country or known.split('_')[-1]}"
