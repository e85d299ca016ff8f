"""Several tasks at a time, each in a process of its own, where compiled functions and chains are not in the way."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from latentclass.errors import FitError
from latentclass.infer.progress import track
from latentclass.infer.threads import available_cores

__all__ = ["Task", "cores_per_task", "run_tasks"]

_SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """A function of a module with its arguments, all of which can be pickled.

    Parameters
    ----------
    function : callable
        The function; what it finds it leaves in a file, for what it returns is lost.
    arguments : mapping
        Its keyword arguments.
    """

    function: Callable[..., object]
    arguments: dict[str, object]

    def run(self) -> None:
        """Run the task in this process."""
        self.function(**self.arguments)


def cores_per_task(n_tasks: int) -> int:
    """Return the number of cores for each of several tasks that run side by side.

    Parameters
    ----------
    n_tasks : int
        Number of tasks.

    Returns
    -------
    int
        At least 1.
    """
    return max(available_cores() // max(min(n_tasks, available_cores()), 1), 1)


def run_tasks(tasks: Sequence[Task], *, text: str, progressbar: bool, at_once: int | None = None) -> None:
    """Run tasks, as many at a time as there are cores.

    New processes are started with this Python and its path, and import nothing of the program that called: scripts need
    no guard. A single task runs in this process.

    Parameters
    ----------
    tasks : sequence of Task
        The tasks.
    text : str
        What the progress bar says.
    progressbar : bool
        Whether to show one.
    at_once : int, optional
        Most tasks that run at a time, where each uses several cores.

    Raises
    ------
    FitError
        When a task fails; the others are finished first, so that what they found is not lost.
    """
    at_once = available_cores() if at_once is None else at_once
    if len(tasks) < 2 or at_once < 2:
        for task in track(tasks, text, shown=progressbar):
            task.run()
        return
    with TemporaryDirectory() as folder:
        waiting = []
        for number, task in enumerate(tasks):
            path = Path(folder) / f"{number}.task"
            path.write_bytes(pickle.dumps(task))
            waiting.append(path)
        _run(waiting, text, at_once, progressbar=progressbar)


def _run(waiting: list[Path], text: str, at_once: int, *, progressbar: bool) -> None:
    running: list[tuple[Path, subprocess.Popen[bytes]]] = []
    failures, n = [], len(waiting)
    try:
        for _ in track(list(range(n)), text, shown=progressbar):
            while len(running) < at_once and waiting:
                path = waiting.pop(0)
                running.append((path, _start(path)))
            done = _first_done(running)
            running.remove(done)
            if done[1].returncode:
                failures.append(done[0].with_suffix(".log").read_text(encoding="utf-8", errors="replace")[-2000:])
    finally:
        for _, process in running:
            process.terminate()
        for _, process in running:
            process.wait()
    if failures:
        message = f"{len(failures)} of {n} tasks failed. What the first said last: {failures[0].strip()}"
        raise FitError(message)


def _start(path: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    code = f"from latentclass.infer.parallel import _work; _work({str(path)!r})"
    with path.with_suffix(".log").open("wb") as log:
        return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=log, stderr=subprocess.STDOUT)


def _first_done(running: list[tuple[Path, subprocess.Popen[bytes]]]) -> tuple[Path, subprocess.Popen[bytes]]:
    while True:
        for entry in running:
            if entry[1].poll() is not None:
                return entry
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _work(path: str) -> None:
    # The file is one that `run_tasks` has just written, in a folder of its own.
    pickle.loads(Path(path).read_bytes()).run()
