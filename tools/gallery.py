"""The examples of the gallery: run them, keep what they show, and refuse what is out of date.

What the gallery shows (docs/pictures) comes from runs in full, which take minutes: ``--full``, that is `make gallery`.
It is kept with the hash of the script that made it. Without ``--full``, as in `make docs`, an example must be the
script that made what is shown, and is run with few draws: it must come to its end, print the same sections and find
classes of the same size. An example that passed is not run again until script, package or pinned versions change
(out/gallery keeps their hash).

Usage: ``python tools/gallery.py [--full] [NAME ...]`` (default: every example).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "out" / "gallery"
HEADING = re.compile(r"^(?P<number>\d+)\. (?P<title>.+)\n-+$", re.MULTILINE)

SHARE = re.compile(r"^  Class \d+ +(?P<share>[\d.]+)%", re.MULTILINE)
# Posterior standard deviations of the shares are 2 to 3 percent, of which 200 draws leave a fraction as noise.
LARGEST_DIFFERENCE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A script, the first section of its output that is shown, and its pictures that are."""

    name: str
    first: int
    pictures: tuple[str, ...]

    @property
    def script(self) -> Path:
        """The script."""
        return ROOT / "examples" / f"{self.name}.py"


EXAMPLES = (
    Example(name="anes96", first=1, pictures=("profiles", "effects", "education")),
    Example(name="internal_social_media", first=3, pictures=("profiles", "effects", "weights")),
)


def hash_of(*paths: Path) -> str:
    """Return one hash of files: of their names and of what they hold."""
    found = hashlib.sha256()
    for path in paths:
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def everything(example: Example) -> str:
    """Return the hash of all that a run depends on: script, package and pinned versions."""
    package = sorted((ROOT / "src").rglob("*.py"))
    return hash_of(example.script, *package, ROOT / "requirements" / "dev.txt")


def shown(text: str, first: int) -> str:
    """Return the sections of an output that are shown: from one on, and not the files at the end."""
    heads = list(HEADING.finditer(text))
    start = next((h.start() for h in heads if int(h["number"]) == first), 0)
    end = next((h.start() for h in heads if h["title"] == "Files"), len(text))
    return text[start:end].rstrip() + "\n"


def sections(text: str) -> list[str]:
    """Return the headings of an output."""
    return [h["title"] for h in HEADING.finditer(text)]


def sizes(text: str) -> list[float]:
    """Return the class shares of the summary in an output, in percent, the largest first."""
    return sorted((float(found["share"]) for found in SHARE.finditer(text)), reverse=True)


def differences(run: str, shown_text: str) -> str:
    """Say what a run with few draws prints otherwise than what is shown, as far as that is no matter of the draws."""
    if sections(run) != sections(shown_text):
        return f"prints the sections {sections(run)}, and the gallery shows {sections(shown_text)}"
    own, there = sizes(run), sizes(shown_text)
    if len(own) != len(there) or any(abs(a - b) > LARGEST_DIFFERENCE for a, b in zip(own, there, strict=True)):
        return f"finds classes of {own} percent, and the gallery shows {there}: run `make gallery`"
    return ""


def output(example: Example, folder: Path, *arguments: str) -> str:
    """Run an example and return what it prints; what it says of an error goes to stderr."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(example.script), "--out", str(folder), *arguments]
    source = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    kept = {name: str(folder) for name in ("LATENTCLASS_UNFINISHED", "LATENTCLASS_REFITS")}
    environment = {**os.environ, **kept, "MPLBACKEND": "Agg", "PYTHONPATH": source, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
        raise SystemExit(f"{example.script} failed with exit status {done.returncode}")
    return done.stdout


def check(example: Example, pictures: Path, cache: Path) -> str:
    """Check that what is shown of an example is of this script, and that the script runs; say what is wrong."""
    stamps = pictures / "gallery.json"
    made_by = json.loads(stamps.read_text(encoding="utf-8")).get(example.name) if stamps.exists() else None
    if made_by != hash_of(example.script):
        return f"what the gallery shows of {example.script} was made by another version of it: run `make gallery`"
    key, passed = everything(example), cache / f"{example.name}.passed"
    if passed.exists() and passed.read_text(encoding="utf-8") == key:
        return ""
    text = shown(output(example, cache / example.name, "--quick"), example.first)
    there = (pictures / f"{example.name}.txt").read_text(encoding="utf-8")
    if said := differences(text, there):
        return f"{example.script} {said}"
    passed.write_text(key, encoding="utf-8")
    return ""


def make(example: Example, pictures: Path, cache: Path) -> str:
    """Run an example in full and keep what is shown of it."""
    folder = cache / example.name
    text = shown(output(example, folder), example.first)
    (pictures / f"{example.name}.txt").write_text(text, encoding="utf-8")
    for picture in example.pictures:
        shutil.copyfile(folder / f"{example.name}_{picture}.png", pictures / f"{example.name}_{picture}.png")
    stamps = pictures / "gallery.json"
    known = json.loads(stamps.read_text(encoding="utf-8")) if stamps.exists() else {}
    known[example.name] = hash_of(example.script)
    stamps.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return ""


def main(arguments: list[str]) -> int:
    """Check the examples named, or make what is shown of them anew; return the exit status."""
    names = [argument for argument in arguments if argument != "--full"]
    if unknown := set(names) - {example.name for example in EXAMPLES}:
        print(f"no such example: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    task = make if "--full" in arguments else check
    wrong = False
    for example in (example for example in EXAMPLES if not names or example.name in names):
        started = time.perf_counter()
        offence = task(example, ROOT / "docs" / "pictures", CACHE)
        print(f"examples/{example.name}.py: {offence or 'passed'}, {time.perf_counter() - started:.1f} s", flush=True)
        wrong = wrong or bool(offence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
