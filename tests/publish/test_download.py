"""The gradient report as a file of the site."""

from project import PROJECT, SITE_URL

from sitetools.publish import download


def test_copy_has_the_address_of_its_page():
    plain = download.gradient_report(PROJECT, "")
    copy = download.gradient_report(PROJECT, SITE_URL)
    address = f"{SITE_URL}en/diagnose/"
    assert plain.count(download.PAGE) == copy.count(address) == 2
    assert copy.replace(address, download.PAGE) == plain


def test_command_has_the_address():
    text = f"curl -O {download.ADDRESS}/gradient_report.py"
    made = download.addressed(text, SITE_URL, "ko")
    assert made == f"curl -O {SITE_URL}gradient_report.py"
    assert "127.0.0.1" in download.addressed(text, "", "ko")
    text = f'src="{download.ADDRESS}/{download.LANGUAGE}/explorer.html"'
    made = download.addressed(text, SITE_URL, "ko")
    assert made == f'src="{SITE_URL}ko/explorer.html"'
