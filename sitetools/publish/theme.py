"""What this site changes in the files of its theme, Material for MkDocs.

Nothing shows before the styles are there, so a language gets one file with all of them.
The theme's script fetches the whole search index with every page, which weighs more
than all else, and puts boxes around tables, which moves what a link led to: here search
waits for the first search, and sitetools/render/markup.py has put the boxes. What its
search makes of a query, and what comes first, is for search_worker.js to say.

Another version of the theme may do these things in another way: each change fails where
it finds nothing to change.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sitetools.content import files
from sitetools.content.project import Project
from sitetools.fault import Fault, Place

STYLES = "assets/css/site.css"
DARK = "assets/css/dark.css"
"""The dark rules for a dark system: without script, and for the explorer alone."""
_COMMENT = re.compile(r"/\*[^!].*?\*/\s*", re.DOTALL)
_STYLE = re.compile(r"assets/stylesheets/(?:main|palette)\.\w+\.min\.css")
_SCRIPT = re.compile(r"assets/javascripts/bundle\.\w+\.min\.js")
_WORKER = re.compile(r"assets/javascripts/workers/search\.\w+\.min\.js")
# For Thai and Japanese of the theme's own search, and for those who debug the theme.
_UNUSED = re.compile(
    r"assets/(?:javascripts/lunr/.*|(?:javascripts|stylesheets)/.*\.map)"
)
_WORD = re.compile(r"\bwords\.(?!get\b)(\w+)")
_CHARSET = '@charset "UTF-8";'
_SLATE = re.compile(r'\[data-md-color-scheme="?slate"?\]')
_RULE = re.compile(r"[^{}]*\{[^{}]*\}")

# Patterns of the theme's script, and what takes their place. Names of one or two
# letters change with each version.
_CHANGES = [
    # Search begins with its index: from a disk, too, ...
    (r'\w+\(\$\(location\.protocol!=="file:"\),(\w+\("search"\))\)', r"\1"),
    # ... and without its worker, until there is something to ask it.
    (
        r"=new Worker\((\w+)\)",
        r"={u:\1,l:[],addEventListener(...a){this.l.push(a)},removeEventListener(){},"
        r"postMessage(m){if(!this.w){this.w=new Worker(this.u);"
        r"for(let a of this.l)this.w.addEventListener(...a)}this.w.postMessage(m)}}",
    ),
    # Tables that have a box are left alone.
    (r'"table:not\(\[class\]\)"', '":not(.md-typeset__table)>table:not([class])"'),
    # It would fetch a sitemap for each language, to guess the page in that language,
    # which our links name.
    (r'\(\)=>\w+\("link\[rel=alternate\]"\)', "()=>[]"),
    # Letters are no keys: for the next page and the one before, and for search.
    (r'case"p":case",":.*?case"n":case"\.":.*?break;', ""),
    (r'case"f":case"s":case"/":.*?;break', ""),
    # The scheme of a first visit is the system's, and not remembered: site.js does.
    (r'__md_get\("__palette"\)', '__md_get("__scheme")'),
    (r'__md_set\("__palette",\w+\)', ""),
]
# The same for the script that searches, which asks ours (search_worker.js) what to look
# for, ...
_SEARCHING = [
    (r"(search\((\w+)\)\{)(?=if\(\2=)", r"\1\2=asked(\2,this.index);"),
    # ... which results have enough of it, ...
    (
        r"(reduce\(\((\w+),\{ref:\w+,score:\w+,matchData:(\w+)\}\)=>\{"
        r"let (\w+)=this\.map.*?)"
        r"(?=let \w+=\w+\(\w+,Object\.keys\(\3\.metadata\)\);)",
        r"\1if(!enough(\4,\3.metadata))return \2;",
    ),
    # ... and which come first.
    (
        r"let (\w+)=\+!(\w+)\.parent\+Object\.values\((\w+)\)\.filter\(\w+=>\w+\)"
        r"\.length/Object\.keys\(\3\)\.length;(.{,40}\{score:)\w+\*\(1\+\w+\(\1,2\)\)",
        r"let \1=score(\2,\3);\4\1",
    ),
]
_OURS = Path(__file__).with_name("search_worker.js")


@dataclass
class Parts:
    """Files of the theme, by their names in the site."""

    styles: list[str]
    """Its stylesheets, in the order in which they apply."""
    script: str
    """The script of all pages."""
    worker: str
    """The script that searches."""
    unused: list[str]
    """What is for things that this site does not do."""


def parts(names: list[str]) -> Parts:
    """Return what is what among the names of all files.

    Raises:
        Fault: if this version of the theme has other files.
    """
    styles = sorted(filter(_STYLE.fullmatch, names))
    scripts = list(filter(_SCRIPT.fullmatch, names))
    workers = list(filter(_WORKER.fullmatch, names))
    if (len(styles), len(scripts), len(workers)) != (2, 1, 1):
        problem = f"this version of Material has {[*styles, *scripts, *workers]}"
        remedy = (
            "see what its styles and its scripts are called, and change the patterns"
        )
        raise Fault(Path(__file__), problem, remedy)
    unused = list(filter(_UNUSED.fullmatch, names))
    return Parts(styles, scripts[0], workers[0], unused)


def changes(
    paths: Mapping[str, Path], own: list[str]
) -> tuple[dict[str, str], list[str]]:
    """Return the files that we make, and the names of those that they replace.

    Args:
        paths: all files, by their names in the site.
        own: the names of our stylesheets, which come after the theme's.

    Raises:
        Fault: if this version of the theme has other files, or other code.
    """
    found = parts(list(paths))
    styles = [*found.styles, *own]
    css = [
        _COMMENT.sub("", files.read(paths[name])).replace(_CHARSET, "")
        for name in styles
    ]
    made = {
        STYLES: _CHARSET + "".join(css),
        DARK: dark("".join(css)),
        found.script: changed(files.read(paths[found.script])),
        found.worker: searching(files.read(paths[found.worker])),
    }
    return made, [*styles, found.script, found.worker, *found.unused]


def dark(css: str) -> str:
    """Return the rules of the dark scheme, for where the system asks for it."""
    rules = [rule for rule in _RULE.findall(css) if _SLATE.search(rule)]
    found = _SLATE.sub("[data-md-color-scheme]", "".join(rules))
    return f"@media screen and (prefers-color-scheme:dark){{{found}}}"


def changed(script: str, patterns: list[tuple[str, str]] = _CHANGES) -> str:
    """Return a script of the theme with our changes.

    Raises:
        Fault: if this version of the theme does those things in another way.
    """
    for old, new in patterns:
        script, times = re.subn(old, new, script)
        if times != 1:
            problem = f"the script of this version of Material has {old} {times} times"
            remedy = "see what does the same there, and change the pattern"
            raise Fault(Path(__file__), problem, remedy)
    return script


def searching(script: str) -> str:
    """Return the theme's script that searches, with ours."""
    return files.read(_OURS) + changed(script, _SEARCHING)


def words(project: Project) -> list[str]:
    """Return the names of the words that our templates show."""
    templates = sorted((project.root / "theme").rglob("*.html"))
    text = "".join(files.read(path) for path in templates)
    return sorted(set(_WORD.findall(text)))


def swap(html: str, old: str, new: str) -> str:
    """Return what one of the theme's templates made, with a change: a filter for ours.

    Raises:
        LookupError: if there is nothing to change.
    """
    if old not in html:
        raise LookupError(f"this version of Material does not write {old} here")
    return html.replace(old, new)


def fault_of(error: Exception) -> Fault:
    """Return what is wrong with a template, and in which line of it.

    Jinja puts the template's own lines into the traceback.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.parent.name in ("theme", "partials") and frame.lineno:
            place = Place(path, frame.lineno)
            remedy = "fix this line, or a tag above it"
            return Fault(place, str(error).rstrip("."), remedy)
    return Fault(Path("theme"), str(error).rstrip("."), "see its templates")
