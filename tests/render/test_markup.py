"""The HTML of a page: lighter, shown the same, and read aloud well."""

import pytest

from sitetools.render import markup

J = markup.WORD_JOINER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<pre><span></span><code>", "<pre><code>"),
        ('<span class="n">x</span><span class="p">(</span>', "x("),
        ('<span class="kn">a</span>', '<span class="k">a</span>'),
        (
            '<span class="k">a</span> <span class="k">b</span>',
            '<span class="k">a b</span>',
        ),
        (
            '<span class="k">a</span> <span class="s">b</span>',
            '<span class="k">a</span> <span class="s">b</span>',
        ),
        (
            '<span class="kn">a</span><span class="w"> </span><span class="k">b</span>',
            '<span class="k">a b</span>',
        ),
        ('<span class="md-ellipsis">x</span>', '<span class="md-ellipsis">x</span>'),
        (r'<span class="n">\1</span>', r"\1"),
        (
            "<table>a</table>",
            '<div class="md-typeset__scrollwrap"><div class="md-typeset__table">'
            "<table>a</table></div></div>",
        ),
    ],
)
def test_spans_that_look_the_same_are_joined(before, after):
    assert markup.light(before) == after


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("ko", "<code>torch</code>가", f"<code>torch</code>{J}가"),
        ("ko", "<math></math>는", f"<math></math>{J}는"),
        ("ko", "a(b)로", f"a(b){J}로"),
        ("ko", "<code>torch</code> 가", "<code>torch</code> 가"),
        ("ko", "<pre>(b)로</pre>", "<pre>(b)로</pre>"),
        ("ko", '<img alt="(b)로">', '<img alt="(b)로">'),
        ("ja", "<code>torch</code>、", f"<code>torch</code>{J}、"),
        ("en", "<code>torch</code>가", '<code>torch</code><span lang="ko">가</span>'),
        ("en", "분산, 평균 x", '<span lang="ko">분산, 평균</span> x'),
        ("en", '<a title="분산">x</a>', '<a title="분산">x</a>'),
        ("ko", "소실(vanishing)", '소실(<span lang="en">vanishing</span>)'),
        ("ja", "消失（vanishing）", '消失（<span lang="en">vanishing</span>）'),
        (
            "ko",
            '<a href="https://e.org">Delving deep</a>',
            '<a href="https://e.org" lang="en">Delving deep</a>',
        ),
        ("ko", '<a href="https://e.org">GitHub</a>', '<a href="https://e.org">GitHub</a>'),
        ("ko", '<a href="a.md">Delving deep</a>', '<a href="a.md">Delving deep</a>'),
    ],
)  # fmt: skip
def test_scripts_that_meet(language, before, after):
    assert markup.mixed_scripts(before, language) == after


def test_page_in_english_among_translations_is_marked():
    html = markup.in_language("<p>a</p>", "en")
    assert html == '<div lang="en" dir="ltr"><p>a</p></div>'


def test_permalinks_are_silent():
    html = markup.quiet_permalinks('<a title="Permanent link">#</a><a title="x">y</a>')
    assert html == '<a aria-hidden="true" tabindex="-1">#</a><a title="x">y</a>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>\n    a\n\n    b  \n  </p>", "<p>\na\nb\n</p>"),
        ("  a  ", "  a  "),
        ("<pre>\n    a\n\n  b</pre>\n\n  <p>", "<pre>\n    a\n\n  b</pre>\n<p>"),
        ("a <script>\n  x\n</script> b", "a <script>\n  x\n</script> b"),
        ("a  \n", "a\n"),
        ("\n\n  a", "\na"),
        (
            '<script id="__config" type="a">{"a": "\\uac00<"}</script>',
            '<script id="__config" type="a">{"a":"가\\u003c"}</script>',
        ),
    ],
)
def test_indentation_goes_but_for_code(before, after):
    assert markup.without_indentation(before) == after


@pytest.mark.parametrize(
    ("html", "unbroken"),
    [
        ("weights from N(0, 1)", "weights from N(0,~1)"),
        ("of shape (N, C, T)으로", "of shape (N,~C,~T)으로"),
        ("<td>[0, 0.5]</td>", "<td>[0,~0.5]</td>"),
        ("(first, then second)", "(first, then second)"),
        ("(one, <b>two</b>)", "(one, <b>two</b>)"),
        ('<p title="(a, b)">x</p>', '<p title="(a, b)">x</p>'),
        ("<pre><code>f(0, 1)</code></pre>", "<pre><code>f(0, 1)</code></pre>"),
        ("<code>f(0, 1)</code>", '<code class="whole">f(0, 1)</code>'),
        ("<code>torch.nn</code>", "<code>torch.nn</code>"),
        (f"<code>a {'b' * 40}</code>", f"<code>a {'b' * 40}</code>"),
    ],
)
def test_what_is_one_thing_to_the_eye_is_on_one_line(html, unbroken):
    assert markup.unbroken(html) == unbroken.replace("~", "\N{NO-BREAK SPACE}")
