"""Reports in a headless Chromium: silent console, sorting by mouse and keyboard, dark and paper."""

from __future__ import annotations

import pytest

import latentclass as lc

ROWS = "Array.from(document.querySelectorAll('#section-1 table')[0].tBodies[0].rows)"
HEAD = "document.querySelectorAll('#section-1 table')[0].tHead.rows[0].cells"


@pytest.fixture(scope="module")
def path(full_fit, tmp_path_factory):
    return lc.report(full_fit, tmp_path_factory.mktemp("browser") / "report.html")


@pytest.fixture
def opened(browser, path):
    browser.open(path)
    return browser


def column(browser, j: int) -> list[str]:
    return browser.evaluate(f"{ROWS}.map(row => row.cells[{j}].textContent)")


def sort(browser, j: int) -> str:
    browser.evaluate(f"{HEAD}[{j}].querySelector('button').click()")
    return browser.evaluate(f"{HEAD}[{j}].getAttribute('aria-sort')")


def test_the_console_is_silent(opened):
    assert opened.complaints == []
    assert opened.evaluate("document.compatMode") == "CSS1Compat"


def test_markup_in_names_is_never_run(browser, hostile_fit, tmp_path):
    browser.open(lc.report(hostile_fit, tmp_path / "report.html", title="Quiet"))
    assert browser.complaints == []
    assert browser.evaluate("document.title") == "Quiet"
    assert browser.evaluate("document.querySelectorAll('script').length") == 1
    assert browser.evaluate("document.querySelectorAll('img, h1 + h1').length") == 0


def test_a_script_that_slipped_in_would_not_run(browser, full_fit, tmp_path):
    path = lc.report(full_fit, tmp_path / "report.html", title="Quiet")
    text = path.read_text(encoding="utf-8").replace("</main>", "<script>document.title = 'owned'</script></main>")
    path.write_text(text, encoding="utf-8")
    browser.open(path)
    assert browser.evaluate("document.title") == "Quiet"
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


def test_numbers_sort_by_value_both_ways(opened):
    before = column(opened, 4)
    assert sort(opened, 4) == "ascending"
    assert column(opened, 4) == sorted(before, key=float)
    assert sort(opened, 4) == "descending"
    assert column(opened, 4) == sorted(before, key=float, reverse=True)
    assert len(set(before)) > 2


def test_rows_move_as_a_whole(opened, full_fit):
    sort(opened, 0)
    names = column(opened, 0)
    assert names == sorted(names)
    missing = {
        item.name: str(int(n))
        for item, n in zip(full_fit.survey.items, (full_fit.survey.codes < 0).sum(0), strict=True)
    }
    assert dict(zip(names, column(opened, 4), strict=True)) == missing


def test_only_one_column_says_that_it_sorts(opened):
    sort(opened, 0)
    sort(opened, 1)
    assert opened.evaluate(f"Array.from({HEAD}).filter(h => h.hasAttribute('aria-sort')).length") == 1


def test_the_keyboard_sorts_too(opened):
    before = sort(opened, 1)
    opened.evaluate(f"{HEAD}[0].querySelector('button').focus()")
    opened.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "kind"
    opened.press("Enter")
    after = opened.evaluate(f"{HEAD}[1].getAttribute('aria-sort')")
    assert {before, after} == {"ascending", "descending"}


def test_nothing_is_wider_than_the_page(opened):
    assert opened.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_text_of_pictures_is_text(opened):
    words = opened.evaluate("Array.from(document.querySelectorAll('svg text')).map(t => t.textContent).join(' ')")
    for word in ("Class 1", "sharing", "What the classes answer", "stress"):
        assert word in words


def test_dark_is_dark_and_paper_is_white(opened):
    background = "getComputedStyle(document.body).backgroundColor"
    opened.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert opened.evaluate(background) == "rgb(20, 24, 28)"
    opened.call("Emulation.setEmulatedMedia", media="print")
    assert opened.evaluate(background) == "rgb(255, 255, 255)"
    opened.call("Emulation.setEmulatedMedia", media="", features=[])


def test_everything_is_unfolded_for_paper(opened):
    opened.evaluate("document.querySelector('main').append(document.createElement('details'))")
    opened.call("Page.printToPDF")
    assert opened.evaluate("document.querySelectorAll('details:not([open])').length") == 0
