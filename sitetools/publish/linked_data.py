"""What search engines read of a page: schema.org's words, as JSON-LD in its head.

A page is an article that teaches; the home page is the site. Who wrote it, when, in
which language and under which license; its translations; where it is in the menu.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sitetools.content.labels import Labels
from sitetools.content.project import SOURCE_LANGUAGE
from sitetools.publish.history import About

LICENSE = "https://creativecommons.org/licenses/by/4.0/"
Step = tuple[str, str]
"""The name and the address of a page."""


@dataclass(frozen=True)
class Around:
    """What is around a page."""

    language: str
    """The page's own: English where the translation is missing."""
    description: str
    image: str
    path: Sequence[Step]
    """The pages above it in the menu, from the home page to itself."""
    elsewhere: Mapping[str, str]
    """The addresses of the same page in other languages."""


def of_page(about: About, around: Around, words: Labels) -> str:
    """Return the text of the script element."""
    home, address = around.path[0]
    site = {"@type": "WebSite", "@id": address, "name": home, "url": address}
    author = {
        "@type": "Organization",
        "name": about.author(words),
        "url": address,
    }
    people = about.known.contributors if about.known else []
    data: dict[str, Any] = {
        "@type": ["TechArticle", "LearningResource"],
        "@id": about.address,
        "headline": about.title,
        "mainEntityOfPage": about.address,
        "isPartOf": site,
        "isAccessibleForFree": True,
    }
    if not about.title:
        data = site
    data |= {
        "name": about.title or about.site,
        "description": around.description,
        "url": about.address,
        "image": around.image,
        "inLanguage": around.language,
        "datePublished": about.known.created if about.known else "",
        "dateModified": about.day,
        "author": author,
        "publisher": author,
        "contributor": [{"@type": "Person", "name": name} for name in people],
        "license": LICENSE,
        **_translations(around),
    }
    graph = [{key: value for key, value in data.items() if value}]
    if len(around.path) > 1:
        graph.append(_breadcrumbs(around.path))
    whole = {"@context": "https://schema.org", "@graph": graph}
    return json.dumps(whole, ensure_ascii=False).replace("<", "\\u003c")


def _translations(around: Around) -> dict[str, Any]:
    """Return what an English page was made into, or what a translation was made of."""
    english = around.elsewhere.get(SOURCE_LANGUAGE)
    if english and around.language != SOURCE_LANGUAGE:
        return {"translationOfWork": {"@type": "CreativeWork", "@id": english}}
    return {
        "workTranslation": [
            {"@type": "CreativeWork", "@id": address, "inLanguage": code}
            for code, address in around.elsewhere.items()
            if code != SOURCE_LANGUAGE
        ]
    }


def _breadcrumbs(path: Sequence[Step]) -> dict[str, Any]:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": address}
            for place, (name, address) in enumerate(path, 1)
        ],
    }
