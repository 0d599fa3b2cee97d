"""A language's pages as one book: EPUB 3, for e-readers and phones without a network.

No library makes it: the one that is kept (ebooklib, under the AGPL) writes the list of
files and the zip, which are the short functions below; making pages chapters whose
links lead to each other (chapter.py) would be ours with it, too.
"""

from __future__ import annotations

import html
import textwrap
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sitetools.content.labels import Labels
from sitetools.publish import linked_data, offline
from sitetools.publish.chapter import Binding, Chapter, document

MIMETYPE = "application/epub+zip"
LEFT_OUT = ("translations.md", "changes.md")
"""Pages about the site itself."""
_KINDS = {
    "xhtml": "application/xhtml+xml",
    "css": "text/css",
    "svg": "image/svg+xml",
}
_CONTAINER = """\
<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
# Sizes are in em, so that the reader's own hold; code wraps, since nothing scrolls.
_CSS = """\
body { line-height: 1.5; margin: 0 3%; }
h1, h2, h3, h4 { line-height: 1.25; break-after: avoid; page-break-after: avoid; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8em; padding: 0.5em;
  line-height: 1.35; border: 1px solid #999; }
.language-output pre { border-style: none none none solid; border-width: 0.25em; }
code { font-family: monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 0.85em; margin: 1em 0; }
th, td { border: 1px solid #999; padding: 0.25em 0.4em; vertical-align: top; }
figure { margin: 1em 0; break-inside: avoid; page-break-inside: avoid; }
figure svg { display: block; width: 100%; max-width: 30em; height: auto; margin: auto; }
figcaption { font-size: 0.9em; }
.details, .admonition { border-left: 0.2em solid #999; padding-left: 0.8em; }
.summary, .admonition-title, .tab, .flow-start, .flow-end { font-weight: bold; }
.cover { margin: 0; text-align: center; }
.cover img { max-width: 100%; max-height: 95vh; }
:lang(ko) body { word-break: keep-all; overflow-wrap: break-word; }
:lang(ko) em { font-style: normal; font-weight: bold; }
"""
_ACCESS = {
    "accessMode": ["textual", "visual"],
    "accessModeSufficient": ["textual", "textual,visual"],
    "accessibilityFeature": [
        "alternativeText",
        "displayTransformability",
        "MathML",
        "readingOrder",
        "structuralNavigation",
        "tableOfContents",
    ],
    "accessibilityHazard": ["none"],
}
"""schema.org's words for who can read it, and how."""


@dataclass(frozen=True)
class Part:
    """A section of the menu; one without a title is its only page."""

    title: str
    chapters: Sequence[Chapter]


@dataclass(frozen=True)
class Book:
    """What is to be in the book, and what is to be said of it."""

    title: str
    ident: str
    """What all editions of it share."""
    day: str
    """When it was last changed, as in 2026-11-23."""
    words: Labels
    binding: Binding
    parts: Sequence[Part]

    @property
    def chapters(self) -> list[Chapter]:
        """All chapters, in the order of the menu."""
        return [chapter for part in self.parts for chapter in part.chapters]

    def packed(self) -> bytes:
        """Return the book's file; the same pages make the same one.

        Raises:
            Fault: if a page is not well-formed.
        """
        made = {
            "book.css": _CSS,
            "cover.svg": self._cover(),
            "cover.xhtml": self._document(
                f'<p class="cover"><img src="cover.svg" alt="{_text(self.title)}"/></p>'
            ),
            "nav.xhtml": self._document(self._contents()),
        }
        made |= {each.name: self.binding.xhtml(each) for each in self.chapters}
        made["package.opf"] = self._package(made)
        files = {"mimetype": MIMETYPE, "META-INF/container.xml": _CONTAINER}
        files |= {f"book/{name}": text for name, text in made.items()}
        content = {name: text.encode() for name, text in files.items()}
        return offline.packed(content, stored=("mimetype",))

    def _document(self, body: str) -> str:
        return document(self.title, self.words.language, body)

    def _cover(self) -> str:
        """Return a cover: the title, and bars that shrink on the way down."""
        width = 8 if self.words.language in ("ja", "ko", "zh") else 14
        lines = "".join(
            f'<text x="60" y="{190 + 84 * number}">{_text(line)}</text>'
            for number, line in enumerate(textwrap.wrap(self.title, width))
        )
        bars = "".join(
            f'<rect x="60" y="{560 + 42 * n}" width="{480 * 0.62**n:.0f}" height="26" '
            'fill="#ff9e64"/>'
            for n in range(7)
        )
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="900" '
            'viewBox="0 0 600 900"><rect width="600" height="900" fill="#16233f"/>'
            f'<g fill="#ffffff" font-family="sans-serif" font-size="66" '
            f'font-weight="bold">{lines}</g>{bars}</svg>'
        )

    def _contents(self) -> str:
        """Return the table of contents: sections, chapters, and their sections."""
        word = _text(self.words.word("book_contents"))
        entries = "".join(map(_part, self.parts))
        return (
            f'<nav epub:type="toc" role="doc-toc" aria-label="{word}">\n'
            f"<h1>{word}</h1>\n<ol>\n{entries}</ol>\n</nav>\n"
        )

    def _package(self, made: dict[str, str]) -> str:
        """Return what the book is, its files, and their order."""
        order = ["cover.xhtml", "nav.xhtml", *(each.name for each in self.chapters)]
        ident = {name: f"f{number}" for number, name in enumerate(made)}
        items = "".join(
            f'<item id="{ident[name]}" href="{name}" media-type="'
            f'{_KINDS[name.rpartition(".")[2]]}"{_properties(name, text)}/>\n'
            for name, text in made.items()
        )
        spine = "".join(f'<itemref idref="{ident[name]}"/>\n' for name in order)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
            f'unique-identifier="id" xml:lang="{self.words.language}">\n'
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
            f"{self._metadata()}</metadata>\n"
            f"<manifest>\n{items}</manifest>\n<spine>\n{spine}</spine>\n</package>\n"
        )

    def _metadata(self) -> str:
        """Return title, language, license and the rest, a line each."""
        language, site = self.words.language, self.binding.site_url
        name = f"{self.ident}/{language}"
        said = {
            "title": self.title,
            "language": language,
            "creator": self.words.word("cite_author").replace("{site}", self.title),
            "description": self.words.word("description"),
            "rights": f"CC BY 4.0 ({linked_data.LICENSE}); MIT",
            "source": site,
            "date": self.day,
        }
        known = {key: text for key, text in said.items() if text}
        lines = [
            f'<dc:identifier id="id">{uuid.uuid5(uuid.NAMESPACE_URL, name).urn}'
            "</dc:identifier>",
            *(f"<dc:{key}>{_text(text)}</dc:{key}>" for key, text in known.items()),
            f'<meta property="dcterms:modified">{self.day}T00:00:00Z</meta>',
            *(
                f'<meta property="schema:{key}">{value}</meta>'
                for key, values in _ACCESS.items()
                for value in values
            ),
            '<meta property="schema:accessibilitySummary">'
            f"{_text(self.words.word('book_access'))}</meta>",
        ]
        return "\n".join(lines) + "\n"


def _part(part: Part) -> str:
    chapters = "".join(map(_chapter, part.chapters))
    if not part.title:
        return chapters
    return f"<li><span>{_text(part.title)}</span>\n<ol>\n{chapters}</ol>\n</li>\n"


def _chapter(chapter: Chapter) -> str:
    inner = "".join(
        f'<li><a href="{chapter.name}#{ident}">{_text(title)}</a></li>\n'
        for ident, title in chapter.headings
    )
    inner = f"\n<ol>\n{inner}</ol>\n" if inner else ""
    return f'<li><a href="{chapter.name}">{_text(chapter.title)}</a>{inner}</li>\n'


def _properties(name: str, text: str) -> str:
    """Return what a reading system must know of a file before it opens it."""
    found = [
        kind for kind, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in text
    ]
    special = {"nav.xhtml": ["nav"], "cover.svg": ["cover-image"]}
    found = special.get(name, found)
    return f' properties="{" ".join(found)}"' if found else ""


def _text(text: str) -> str:
    return html.escape(text)
