"""Where a page is in the other languages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin


def of(
    names: Mapping[str, str], url: str, site_url: str | None
) -> list[dict[str, str]]:
    """Return each language's links to a page: `here` relative, `link` for hreflang.

    hreflang asks for whole addresses, which are known only with a site_url; a reader
    follows the relative link, which works offline and below any path.

    Args:
        names: the name of each language, by its code.
        url: the page's address in its language.
        site_url: the address of the language that is built, if it is known.
    """
    entries = []
    for code, name in names.items():
        here = f"../{code}/{url}"
        whole = urljoin(site_url, here) if site_url else here
        entries.append({"lang": code, "name": name, "here": here, "link": whole})
    return entries
