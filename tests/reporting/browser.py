"""Headless Chromium by its DevTools protocol, over two pipes: no driver and no socket needed."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium reads from descriptor 3 and writes to descriptor 4.
_START = (
    "import os, sys; r, w = map(int, sys.argv[1:3]); os.dup2(r, 3); os.dup2(w, 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_SECONDS = 60.0


def chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    given = os.environ.get("CHROMIUM")
    return given or next((path for name in _NAMES if (path := shutil.which(name))), None)


class Browser:
    """A running browser with one page."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.complaints: list[str] = []
        self._number, self._buffer = 0, b""

    def __enter__(self) -> Self:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Away from 3 and 4, which the descriptors may be themselves.
        inherited = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (theirs_in, theirs_out)]
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        options += ["--remote-debugging-pipe", f"--user-data-dir={self._folder.name}", "--window-size=1200,900"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *map(str, inherited), self.path, *options],
            pass_fds=inherited,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for fd in (theirs_in, theirs_out, *inherited):
            os.close(fd)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._folder.cleanup()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return what it gives."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda m: m.get("id") == self._number)
        if "error" in answer:
            text = f"{method}: {answer['error']}"
            raise RuntimeError(text)
        return answer["result"]

    def open(self, path: Path) -> None:
        """Load a file and forget the complaints about the page before."""
        self.complaints.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        self._until(lambda m: m.get("method") == "Page.loadEventFired")

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in found:
            text = f"{script}: {found['exceptionDetails']}"
            raise RuntimeError(text)
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def screenshot(self, path: Path, *, whole: bool = True) -> Path:
        """Save what the page looks like."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole, format="png")["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    def _until(self, wanted: Any) -> dict[str, Any]:
        end = time.monotonic() + _SECONDS
        while True:
            while b"\0" not in self._buffer:
                if not select.select([self._in], [], [], max(0.0, end - time.monotonic()))[0]:
                    raise TimeoutError(self.path)
                read = os.read(self._in, 1 << 20)
                if not read:
                    raise ConnectionError(self.path)
                self._buffer += read
            text, _, self._buffer = self._buffer.partition(b"\0")
            message = json.loads(text)
            self._listen(message)
            if wanted(message):
                return message

    def _listen(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(params["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(str(params["entry"]["text"]))
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {params['message']}")
