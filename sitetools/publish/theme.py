"""The theme's files, cut to what this site uses, and without what moves a page.

The theme styles all that it can do; half of that is on no page here. Nothing shows
before the styles are there, so a language gets one file with what its pages and scripts
name. The theme's script fetches the whole search index with every page, which weighs
more than all else, and puts boxes around tables, which moves what a link led to: here
search waits for the first search, and sitetools/render/markup.py has put the boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sitetools.fault import Fault

STYLES = "assets/css/site.css"
_THEME = re.compile(r"assets/stylesheets/(?:main|palette)\.\w+\.min\.css(?:\.map)?")
# For Thai and Japanese of the theme's own search, and for those who debug the theme.
_UNUSED = re.compile(r"assets/javascripts/(?:lunr/.*|.*\.map)")
_BUNDLE = re.compile(r"assets/javascripts/bundle\.\w+\.min\.js")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_PART = re.compile(r"""((?:"[^"]*"|'[^']*'|[^{}"'])*)([{}])""")
_SELECTOR = re.compile(r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[^,(])+")
_ALTERNATIVES = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
_NEEDS = re.compile(r"\.([\w-]+)|\[data-md-color-\w+=\"?([\w-]+)")
_ICON = re.compile(r"(--[\w-]+):url\((?:\"[^\"]*\"|[^)]*)\);?")

_NAMED = re.compile(r'\b(?:class|data-md-color-\w+)="([^"]*)"')
_WORD = re.compile(r"[\w-]+")

# What the theme's script does, and what it does here: searching from a file or a host,
# it gets the index and a worker when search is opened; it leaves alone the tables that
# have a box; and it scrolls at once for who wants less motion. The names change with
# each version.
_CALM = r'\1matchMedia("(prefers-reduced-motion)").matches?"auto":"smooth"'
_CHANGES = [
    (r'\w+\(\$\(location\.protocol!=="file:"\),(\w+\("search"\))\)', r"\1"),
    (
        r"=new Worker\((\w+)\)",
        r"={u:\1,l:[],addEventListener(...a){this.l.push(a)},removeEventListener(){},"
        r"postMessage(m){if(!this.w){this.w=new Worker(this.u);"
        r"for(let a of this.l)this.w.addEventListener(...a)}this.w.postMessage(m)}}",
    ),
    (r'"table:not\(\[class\]\)"', '":not(.md-typeset__table)>table:not([class])"'),
    (r'(scrollTo\(\{left:[^{}]*behavior:)"smooth"', _CALM),
    (r'(scrollBy\(\{left:[^{}]*behavior:)"smooth"', _CALM),
    (r'(\(\)=>)"smooth"', _CALM),
]


def is_style(name: str) -> bool:
    """Return whether a file is one of the theme's stylesheets."""
    return bool(_THEME.fullmatch(name))


def is_unused(name: str) -> bool:
    """Return whether a file of the theme is for what this site does not do."""
    return bool(_UNUSED.fullmatch(name))


def is_script(name: str) -> bool:
    """Return whether a file is the theme's script."""
    return bool(_BUNDLE.fullmatch(name))


def changed(script: str) -> str:
    """Return the theme's script with our changes.

    Raises:
        Fault: if this version of the theme does those things in another way.
    """
    for old, new in _CHANGES:
        script, times = re.subn(old, new, script)
        if times != 1:
            problem = f"the script of this version of Material has {old} {times} times"
            remedy = "see what does the same there, and change _CHANGES"
            raise Fault(Path(__file__), problem, remedy)
    return script


def names_in(site: Path) -> set[str]:
    """Return what the pages and scripts of a language name: classes and colors."""
    names = {
        name
        for page in site.rglob("*.html")
        for value in _NAMED.findall(page.read_text("utf-8"))
        for name in value.split()
    }
    for pattern in ("assets/javascripts/bundle.*.js", "assets/js/*.js"):
        for script in site.glob(pattern):
            names.update(_WORD.findall(script.read_text("utf-8")))
    return names


def used(css: str, names: Iterable[str]) -> str:
    """Return the rules whose classes and colours have one of the names."""
    known = set(names)

    def wanted(selector: str) -> bool:
        needs = _NEEDS.findall(_ALTERNATIVES.sub("", selector))
        return all(
            # A script may put `block--` before a word.
            name in known or (name.rpartition("--")[0] + "--") in known
            for pair in needs
            for name in filter(None, pair)
        )

    kept: list[str] = []
    open_: list[tuple[str, int]] = []
    css = _COMMENT.sub("", css).replace('@charset "UTF-8";', "")
    for text, brace in _PART.findall(re.sub(r"\s+", " ", css)):
        if brace == "{":
            open_.append((text.strip(), len(kept)))
            if text.strip().startswith("@"):
                kept.append(text.strip() + "{")
            continue
        head, start = open_.pop()
        if not head.startswith("@"):
            selectors = [s.strip() for s in _SELECTOR.findall(head) if wanted(s)]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{text.strip()}}}")
        elif len(kept) == start + 1 and not text.strip():
            del kept[start:]
        else:
            kept.append(text.strip() + "}")
    result = "".join(kept)
    return _ICON.sub(lambda m: m[0] if f"var({m[1]}" in result else "", result)
