"""What the gallery shows is of the scripts that are there; scripts that changed are run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import gallery

SCRIPT = """
import pathlib, sys
folder = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
with (folder / "runs").open("a") as runs:
    runs.write("1")
(folder / "small_profiles.png").write_bytes(b"picture")
print("0. Before\\n---------\\n\\nnot shown\\n\\n1. The fit\\n----------\\n\\n  Class 1   60.5%  [55%, 65%]\\n")
print("2. Files\\n--------\\n\\nout/x")
"""
SHOWN = "1. The fit\n----------\n\n  Class 1   60.5%  [55%, 65%]\n"
SMALL = gallery.Example(name="small", first=1, pictures=("profiles",))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with one example, whose gallery was made from it."""
    for folder in ("examples", "src", "requirements", "pictures"):
        (tmp_path / folder).mkdir()
    (tmp_path / "examples" / "small.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "requirements" / "dev.txt").write_text("", encoding="utf-8")
    monkeypatch.setattr(gallery, "ROOT", tmp_path)
    assert gallery.make(SMALL, tmp_path / "pictures", tmp_path / "full") == ""
    return tmp_path


def check(project: Path) -> str:
    return gallery.check(SMALL, project / "pictures", project / "quick")


def runs(project: Path) -> int:
    path = project / "quick" / "small" / "runs"
    return len(path.read_text(encoding="utf-8")) if path.exists() else 0


def test_what_is_shown_is_kept(project: Path) -> None:
    assert (project / "pictures" / "small.txt").read_text(encoding="utf-8") == SHOWN
    assert (project / "pictures" / "small_profiles.png").read_bytes() == b"picture"


def test_an_example_is_run_once_until_something_changes(project: Path) -> None:
    assert [check(project), check(project)] == ["", ""]
    assert runs(project) == 1
    (project / "src" / "package.py").write_text("x = 1\n", encoding="utf-8")
    assert check(project) == ""
    assert runs(project) == 2


def test_a_script_that_changed_makes_the_gallery_stale(project: Path) -> None:
    (project / "examples" / "small.py").write_text(SCRIPT + "# changed\n", encoding="utf-8")
    assert "made by another version of it: run `make gallery`" in check(project)
    assert runs(project) == 0


def test_other_sections_are_refused_each_time(project: Path) -> None:
    (project / "pictures" / "small.txt").write_text("1. The fits\n-----------\n", encoding="utf-8")
    assert "prints the sections ['The fit'], and the gallery shows ['The fits']" in check(project)
    assert "prints the sections" in check(project)


@pytest.mark.parametrize(("share", "stale"), [("59.0", False), ("57.0", True)])
def test_classes_of_another_size_make_the_gallery_stale(project: Path, share: str, stale: bool) -> None:
    (project / "pictures" / "small.txt").write_text(SHOWN.replace("60.5", share), encoding="utf-8")
    said = "finds classes of [60.5] percent, and the gallery shows [57.0]: run `make gallery`"
    assert (said in check(project)) == stale


def test_a_script_that_fails_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = "raise ValueError('no survey')\n"
    (project / "examples" / "small.py").write_text(changed, encoding="utf-8")
    stamp = {"small": gallery.hash_of(SMALL.script)}
    (project / "pictures" / "gallery.json").write_text(json.dumps(stamp), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"small\.py failed with exit status 1"):
        check(project)
    assert "no survey" in capsys.readouterr().err


def test_what_the_project_shows_is_of_its_scripts() -> None:
    pictures = gallery.ROOT / "docs" / "pictures"
    made_by = json.loads((pictures / "gallery.json").read_text(encoding="utf-8"))
    assert made_by == {example.name: gallery.hash_of(example.script) for example in gallery.EXAMPLES}
    for example in gallery.EXAMPLES:
        assert all((pictures / f"{example.name}_{picture}.png").is_file() for picture in example.pictures)


def test_unknown_example_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert gallery.main(["absent"]) == 1
    assert "no such example: absent" in capsys.readouterr().err
