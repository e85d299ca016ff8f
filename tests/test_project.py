"""Tests of what surrounds the package: its versions, its requirements and its tools."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import latentclass
from tools import check_docs, house_rules

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = ("dev.txt", "lowest.txt")
ADDRESSES = ("http", "://", "--index", "--extra-index", "--find-links", "--trusted-host", " @ ")
EXTRAS_TESTED = ("plots", "examples")

needs_sh = pytest.mark.skipif(os.name != "posix", reason="the tools are shell scripts")


def pins(name: str) -> dict[str, str]:
    """Return package and version of every line of a requirements file."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): version for package, version in pairs}


def declared(*extras: str) -> list[Requirement]:
    """Return what pyproject.toml asks for, with the extras named."""
    optional = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [Requirement(line) for line in lines]


def lower_bound(requirement: Requirement) -> str:
    """Return the version after >= in a requirement."""
    return next(s.version for s in requirement.specifier if s.operator == ">=")


# ------------------------------------------------------------------------------------ versions


def test_version_is_the_same_in_project_and_package() -> None:
    assert latentclass.__version__ == PROJECT["version"]


def test_version_is_the_same_in_citation() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in citation


def test_changelog_has_an_entry_for_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}]" in changelog


# -------------------------------------------------------------------------------- requirements


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_exact_pins(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert pinned
    assert [line for line in pinned if not re.fullmatch(r"[\w.-]+==[\w.!+-]+", line)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_name_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert [address for address in ADDRESSES if address in text] == []


@pytest.mark.parametrize("requirement", declared(*EXTRAS_TESTED), ids=lambda r: r.name)
def test_lowest_pins_are_the_lower_bounds(requirement: Requirement) -> None:
    assert pins("lowest.txt")[canonicalize_name(requirement.name)] == lower_bound(requirement)


@pytest.mark.parametrize("requirement", declared("dev", *EXTRAS_TESTED), ids=lambda r: r.name)
def test_dev_pins_satisfy_the_project(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pins("dev.txt")[canonicalize_name(requirement.name)])


def test_python_version_is_supported() -> None:
    wanted = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    assert f"Programming Language :: Python :: {wanted}" in PROJECT["classifiers"]


# --------------------------------------------------------------------------- finding a Python


def fake_python(folder: Path, name: str, version: str) -> Path:
    """Write a command that answers what tools/python.sh asks of a Python."""
    major, minor, _ = version.split(".")
    path = folder / name
    code = int(major) * 100 + int(minor)
    path.write_text(f"#!/bin/sh\necho '{code} {version} {path}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def find_python(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run tools/python.sh where PATH holds nothing but a folder."""
    return subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "python.sh"), *arguments],
        env={"PATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_sentence(found: subprocess.CompletedProcess, *parts: str) -> None:
    """Check that the script failed with one sentence, on stderr, that holds all parts."""
    assert found.returncode != 0
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert found.stderr.endswith(".\n")
    assert len(re.findall(r"[.!?](?=\s)", found.stderr)) == 1
    assert [part for part in parts if part not in found.stderr] == []


@needs_sh
def test_too_old_python_gives_one_sentence(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", "3.9.18")
    fake_python(tmp_path, "python", "2.7.18")
    found = find_python(tmp_path)
    assert_one_sentence(found, "Python 3.9.18", "Python 3.12 or newer", "pyenv", "uv")


@needs_sh
def test_no_python_gives_one_sentence(tmp_path: Path) -> None:
    assert_one_sentence(find_python(tmp_path), "no Python was found", "3.12", "pyenv", "uv")


@needs_sh
def test_too_old_python_named_by_the_user_gives_one_sentence(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.13", "3.13.1")
    old = fake_python(tmp_path, "old", "3.8.2")
    assert_one_sentence(find_python(tmp_path, PYTHON=str(old)), f"PYTHON={old}", "3.8.2")


@needs_sh
def test_new_python_is_preferred_to_plain_python3(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", "3.11.7")
    new = fake_python(tmp_path, "python3.12", "3.12.1")
    found = find_python(tmp_path)
    assert (found.returncode, found.stdout, found.stderr) == (0, f"{new}\n", "")


@needs_sh
def test_a_series_can_be_asked_for(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.13", "3.13.1")
    assert_one_sentence(find_python(tmp_path, "3.12"), "needs Python 3.12,", "3.13.1")
    wanted = fake_python(tmp_path, "python3.12", "3.12.1")
    assert find_python(tmp_path, "3.12").stdout == f"{wanted}\n"


@needs_sh
@pytest.mark.parametrize("answers", [True, False], ids=["named", "installed only"])
def test_pyenv_comes_before_path(tmp_path: Path, answers: bool) -> None:
    fake_python(tmp_path, "python3.14", "3.14.0")
    home = tmp_path / "versions" / "3.13.0" / "bin"
    home.mkdir(parents=True)
    of_pyenv = fake_python(home, "python", "3.13.0")
    which = f"echo '{of_pyenv}'" if answers else "exit 1"
    script = f"#!/bin/sh\ncase $1 in which) {which} ;; root) echo '{tmp_path}' ;; esac\n"
    (tmp_path / "pyenv").write_text(script, encoding="utf-8")
    (tmp_path / "pyenv").chmod(0o755)
    assert find_python(tmp_path).stdout == f"{of_pyenv}\n"


@needs_sh
def test_uv_comes_before_path(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.14", "3.14.0")
    of_uv = fake_python(tmp_path, "managed", "3.13.2")
    (tmp_path / "uv").write_text(f"#!/bin/sh\necho '{of_uv}'\n", encoding="utf-8")
    (tmp_path / "uv").chmod(0o755)
    assert find_python(tmp_path).stdout == f"{of_uv}\n"


@needs_sh
def test_a_real_python_is_understood(tmp_path: Path) -> None:
    (tmp_path / "python3").symlink_to(sys.executable)
    found = find_python(tmp_path)
    assert found.returncode == 0
    assert Path(found.stdout.strip()).exists()


# ---------------------------------------------------------------------------------- house rules


def function_of(length: int) -> str:
    """Write a function of so many code lines, with a docstring, a comment and a blank line."""
    body = ["    value = 0"] * (length - 2)
    return "\n".join(["def f():", '    """One.', "", '    Two."""', "    # three", "", *body, "    return 0", ""])


FILES_BY_STATUS = {
    "a function at the limit": (function_of(60), 0),
    "a function too long": (function_of(61), 1),
    "a file at the limit": ("x = 0\n" * 400, 0),
    "a file too long": ("x = 0\n" * 401, 1),
    "a class with many methods": (
        "class C:\n" + "".join(f"    def m{i}(self): ...\n" for i in range(13)),
        0,
    ),
}


@pytest.mark.parametrize(("text", "status"), FILES_BY_STATUS.values(), ids=FILES_BY_STATUS)
def test_house_rules_status(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "module.py").write_text(text, encoding="utf-8")
    assert house_rules.main([str(tmp_path)]) == status


def test_house_rules_name_a_class_with_many_methods(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = FILES_BY_STATUS["a class with many methods"]
    (tmp_path / "module.py").write_text(text, encoding="utf-8")
    house_rules.main([str(tmp_path)])
    assert "C has 13 public methods" in capsys.readouterr().out


# ---------------------------------------------------------------------------------- docs check

WRONG = "```python\nx = 1 / 0\n```\n"
PAGES_BY_STATUS = {
    "right code": ("```python\nx = 1\n```\ntext\n```python\nassert x == 1\n```\n", 0),
    "wrong code": (WRONG, 1),
    "wrong code skipped": (f"<!-- docs: skip: needs a GPU -->\n{WRONG}", 0),
    "wrong code skipped for no reason": (f"<!-- docs: skip -->\n{WRONG}", 1),
    "wrong code after what is skipped": (f"<!-- docs: skip: needs a GPU -->\n{WRONG}{WRONG}", 1),
    "skip before no code": ("<!-- docs: skip: needs a GPU -->\n\ntext\n", 1),
    "wrong code of another language": ("```sh\nx = 1 / 0\n```\n", 0),
    "right output": ("```python\nx = 1\n```\n```python\n>>> x + 1\n2\n```\n", 0),
    "wrong output": ("```python\n>>> 1 + 1\n3\n```\n", 1),
    "setup": ("<!-- docs: setup\nx = 1\n\ny = 2\n-->\n\n```python\nassert x + y == 3\n```\n", 0),
    "wrong setup": ("<!-- docs: setup\nx = 1 / 0\n-->\n", 1),
    "replacement": (f"<!-- docs: instead of `1 / 0`: `1` -->\n\n{WRONG}", 0),
    "replacement of nothing": ("<!-- docs: instead of `2 / 0`: `1` -->\n\n```python\nx = 1\n```\n", 1),
    "replacement in setup": ("<!-- docs: instead of `1 / 0`: `1` -->\n\n<!-- docs: setup\nx = 1 / 0\n-->\n", 1),
    "right calls": ("<!-- docs: run the calls -->\n\n| call |\n|---|\n| `max(1, 2)` | `of two` |\n", 0),
    "wrong calls": ("<!-- docs: run the calls -->\n\n| call |\n|---|\n| `max(1, 2)` |\n| `max(1)` |\n", 1),
    "calls not to be run": ("| call |\n|---|\n| `max(1)` |\n", 0),
    "comment in code": ("```python\nx = '''\n<!-- docs: unheard of -->\n'''\n```\n", 0),
    "unknown comment": ("<!-- docs: unheard of -->\n", 1),
    "link to a page": ("[this](page.md#part) [there](mailto:a@b.c) [part](#part)\n", 0),
    "link to nowhere": ("[that](absent.md)\n", 1),
    "link in code": ("```python\nx = '[that](absent.md)'\n```\n", 0),
}


@pytest.mark.parametrize(("text", "status"), PAGES_BY_STATUS.values(), ids=PAGES_BY_STATUS)
def test_docs_check_status(tmp_path: Path, text: str, status: int) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert check_docs.main([str(page)]) == status


def test_docs_check_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n\n```python\nx = 1\nx / 0\n```\n", encoding="utf-8")
    check_docs.main([str(page)])
    assert f'"{page}", line 5' in capsys.readouterr().err


def test_docs_check_lists_what_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"text\n\n<!-- docs: skip: needs a GPU -->\n{WRONG}", encoding="utf-8")
    check_docs.main([str(page)])
    assert f"not run: {page}:4: needs a GPU" in capsys.readouterr().out


# ------------------------------------------------------------------------------ reference data


def test_reference_survey_reads_a_file(reference_survey: Callable[[str], pd.DataFrame], shared_data: Path) -> None:
    frame = reference_survey("carcinoma")
    assert frame.shape == (118, 7), f"unexpected shape of a file in {shared_data}"


def test_missing_survey_skips(reference_survey: Callable[[str], pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LATENTCLASS_REQUIRE_DATA", raising=False)
    with pytest.raises(pytest.skip.Exception, match="absent.csv is missing"):
        reference_survey("absent")


def test_missing_survey_fails_where_data_are_required(
    reference_survey: Callable[[str], pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENTCLASS_REQUIRE_DATA", "1")
    with pytest.raises(pytest.fail.Exception, match="absent.csv is missing"):
        reference_survey("absent")
