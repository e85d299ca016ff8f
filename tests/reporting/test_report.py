"""What a report holds, read as text."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import latentclass as lc
from latentclass.reporting.data import _covariates

from .conftest import HOSTILE_CLASS, HOSTILE_COVARIATE, HOSTILE_ITEM, HOSTILE_LEVELS, Found

TITLES = [
    "Data and missing answers",
    "Model",
    "Priors",
    "How the posterior was sampled",
    "Diagnostics",
    "Number of classes",
    "Classes",
    "Profiles",
    "Loadings",
    "Effects",
    "Weights of the factor groups",
    "Checks of the model",
    "Sensitivity to the priors",
    "Software and seed",
]


class Page(HTMLParser):
    """The elements of a page with their attributes, its text, and what is nested wrongly."""

    VOID = frozenset({"meta", "link", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self._open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def full(full_fit, tmp_path_factory) -> Path:
    return lc.report(full_fit, tmp_path_factory.mktemp("full") / "report.html", title="All parts")


@pytest.fixture(scope="module")
def hostile(hostile_fit, tmp_path_factory) -> Path:
    return lc.report(hostile_fit, tmp_path_factory.mktemp("hostile") / "report.html", title="<script>title</script>")


def test_sections_stand_in_the_order_of_the_checklist(full):
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", full.read_text(encoding="utf-8"))
    assert titles == [f"{number}. {title}" for number, title in enumerate(TITLES, start=1)]


def test_elements_nest_and_ids_are_different(full, hostile):
    for path in (full, hostile):
        page = read(path)
        assert page.wrong == []
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))


def test_references_lead_somewhere(full):
    page = read(full)
    ids = {attributes.get("id") for _, attributes in page.elements}
    links = [a.get("href") or a.get("xlink:href") for tag, a in page.elements if tag in ("a", "use")]
    clips = re.findall(r"url\(#([^)]*)\)", full.read_text(encoding="utf-8"))
    wanted = {link.removeprefix("#") for link in links if link} | set(clips)
    assert len(wanted) > 20
    assert wanted <= ids


def test_nothing_is_loaded_from_elsewhere(full):
    page = read(full)
    assert {tag for tag, _ in page.elements} & {"img", "iframe", "object", "embed"} == set()
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    assert not re.search(r"url\((?!#)|@import", full.read_text(encoding="utf-8"))


def test_the_numbers_are_those_of_the_fit(full, full_fit):
    text = read(full).text
    sizes, long = lc.tables.intervals(full_fit.classes()), lc.tables.intervals(full_fit.profiles(), percent=True)
    marginal = lc.tables.intervals(full_fit.marginal_effects(), percent=True, digits=1)
    for cell in [*sizes.iloc[:, 0], *long.to_numpy().ravel(), *marginal.to_numpy().ravel()]:
        assert cell in text


def test_model_priors_and_record_are_written(full, full_fit):
    text = read(full).text
    assert full_fit.model.describe() in text
    for prior in ("effects of individual", "likert_loading", "dispersion", "score_correlation"):
        assert prior in text
    assert "Seed 7." in text
    assert "6.3.2" in text


def test_priors_that_are_not_used_are_left_out(hostile):
    text = read(hostile).text
    for prior in ("likert_loading", "dispersion", "score_correlation", "thresholds", "outcome"):
        assert prior not in text


def test_labels_of_respondents_do_not_travel(full, full_fit):
    assert not re.search(r"\br\d+\b", read(full).text)
    assert str(full_fit.survey.respondents[1]) == "r1"


def test_names_from_the_survey_stay_text(hostile):
    page = read(hostile)
    for name in (HOSTILE_ITEM, *HOSTILE_LEVELS, HOSTILE_CLASS, HOSTILE_COVARIATE, "</style>"):
        assert name in page.text
    assert page.count("script") == page.count("style") == page.count("title") == 1
    assert {"h1": page.count("h1"), "img": page.count("img"), "b": page.count("b")} == {"h1": 1, "img": 0, "b": 0}
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]


def test_what_was_not_given_says_how_to_get_it(full):
    text = read(full).text
    for argument in ("choice=", "weighing=", "checks=", "sensitivity="):
        assert f"(argument {argument}" in text


def test_results_of_other_functions_stand_in_their_sections(full_fit, tmp_path):
    table = pd.DataFrame({"weight": [0.123]}, index=pd.Index(["individual"], name="group"))
    names = ("weighing", "choice", "checks", "diagnosis", "sensitivity")
    given = {name: Found(f"what <{name}> says", table) for name in names}
    text = lc.report(full_fit, tmp_path / "report.html", **given).read_text(encoding="utf-8")
    for name in given:
        assert text.count(f"what &lt;{name}&gt; says") == 1
    assert text.count(">0.12<") == 5
    assert "was not" not in read(tmp_path / "report.html").text


def test_words_take_the_place_of_what_a_terminal_shows(full_fit, tmp_path):
    found = Found("for a terminal", pd.DataFrame({"weight_median": [0.1]}))
    found.words = lambda: "First <group>.\n\nSecond group."
    text = lc.report(full_fit, tmp_path / "report.html", weighing=found).read_text(encoding="utf-8")
    assert "<p>First &lt;group&gt;.</p><p>Second group.</p>" in text
    assert "for a terminal" not in text


def test_a_table_may_be_a_method_and_messages_are_listed(full_fit, tmp_path):
    found, quiet = Found("for a terminal", pd.DataFrame()), Found("for a terminal", pd.DataFrame())
    found.table = lambda: pd.DataFrame({"p": [0.125]}, index=pd.Index(["margins"], name="check"))
    found.messages, quiet.messages = ("Items <a> and b go together.",), ()
    path = lc.report(full_fit, tmp_path / "report.html", checks=found, diagnosis=quiet)
    text = path.read_text(encoding="utf-8")
    assert "<li>Items &lt;a&gt; and b go together.</li>" in text
    assert ">0.12<" in text
    assert "<p>Nothing was found.</p>" in text
    assert "for a terminal" not in text


def test_known_tables_are_drawn(full_fit, tmp_path):
    index = pd.Index(["individual", "technical"], name="factor_group")
    columns = {f"{p}_{c}": 0.1 for p in ("weight", "prior") for c in ("median", "eti90_lb", "eti90_ub")}
    found = Found("", pd.DataFrame({"verdict": "undecided", "bound": 0.02, **columns}, index=index))
    found.conclusions = ("They cannot <tell>.",)
    text = lc.report(full_fit, tmp_path / "report.html", weighing=found).read_text(encoding="utf-8")
    section = text[text.index('id="section-11"') : text.index('id="section-12"')]
    assert section.count("<svg") == 1
    assert "<li>They cannot &lt;tell&gt;.</li>" in section


def test_outcomes_stand_among_data_priors_and_effects(outcome_fit, tmp_path):
    path = lc.report(outcome_fit, tmp_path / "report.html")
    text = path.read_text(encoding="utf-8")
    assert re.search(r'<th scope="row">hours</th><td>continuous</td>.*?<td class="number">1</td></tr>', text)
    for prior in ("outcome_location", "outcome_slopes", "outcome_thresholds", "outcome_mean", "outcome_sd"):
        assert f'<th scope="row">{prior}</th>' in text
    for cell in lc.tables.intervals(outcome_fit.outcomes(), by_class=False).iloc[:, 0]:
        assert cell in read(path).text


def test_what_has_no_table_is_refused(full_fit, tmp_path):
    with pytest.raises(lc.LatentClassError, match=r"anything with a 'table' that is a DataFrame.*got dict"):
        lc.report(full_fit, tmp_path / "report.html", checks={"table": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(full_fit, tmp_path):
    with pytest.raises(lc.FileError, match=r"Cannot write '.*absent.report\.html': there is no folder"):
        lc.report(full_fit, tmp_path / "absent" / "report.html")


def test_a_fit_without_record_says_so(hostile):
    assert "Seed and versions of this fit were not recorded" in read(hostile).text


def test_the_report_is_the_same_each_time(full, full_fit, tmp_path):
    again = lc.report(full_fit, tmp_path / "again.html", title="All parts")
    assert again.read_bytes() == full.read_bytes()


def test_a_report_needs_no_pymc():
    code = "import sys, latentclass.reporting; sys.exit('pymc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_how_often_a_category_is_there_is_not_read_as_part_of_it() -> None:
    model = lc.Model(items=lc.binary("a", levels=[0, 1]), n_classes=2, factor_groups={"person": "C(gender)"})
    survey = lc.read_survey(model, pd.DataFrame({"a": [0, 1, 1, 0, 1], "gender": [1, 2, 2, 1, 2]}))
    assert _covariates(survey).loc[("person", "gender"), "values"] == "1 (2), 2 (3)"
