"""Firefox without a window, driven by WebDriver BiDi: no driver beside the browser is needed."""

from __future__ import annotations

import base64
import itertools
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import websocket  # comes with JupyterLab

BROWSERS = ("firefox", "firefox-esr")


class Firefox:
    """A browser with one page, in a profile of its own; a context manager.

    Attributes:
        errors: what pages wrote to the console as errors, and exceptions that nobody caught.
    """

    def __init__(self, executable: str, width: int = 1200, height: int = 900, patience: float = 120.0):
        self._executable, self._size, self._patience = executable, (width, height), patience
        self._numbers, self.errors = itertools.count(1), []

    def __enter__(self) -> Firefox:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [self._executable, "--headless", "--no-remote", "--profile", self._profile.name]
        self._log = Path(self._profile.name, "log.txt").open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            [*command, "--remote-debugging-port=0"], stderr=self._log, stdout=subprocess.DEVNULL
        )
        try:
            self._socket = websocket.create_connection(
                f"{self._address()}/session", timeout=self._patience, suppress_origin=True
            )
            self.send("session.new", capabilities={})
            self.send("session.subscribe", events=["log.entryAdded"])
            self._page = self.send("browsingContext.getTree")["contexts"][0]["context"]
            self.resize(*self._size)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
        self._profile.cleanup()

    def _address(self) -> str:
        until = time.monotonic() + self._patience
        while time.monotonic() < until and self._process.poll() is None:
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", Path(self._log.name).read_text("utf-8"))
            if found:
                return found[1]
            time.sleep(0.1)
        raise TimeoutError(f"Firefox did not start: {Path(self._log.name).read_text('utf-8')[-1000:]}")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """What the browser answers to a command.

        Raises:
            RuntimeError: it refused the command.
        """
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(answer["params"]["text"])
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]

    def resize(self, width: int, height: int) -> None:
        self.send("browsingContext.setViewport", context=self._page, viewport={"width": width, "height": height})

    def go(self, url: str) -> None:
        """Open a page, and wait until it has loaded."""
        self.send("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def run(self, body: str) -> Any:
        """What the body of an asynchronous function returns in the page.

        Raises:
            RuntimeError: it threw.
        """
        answer = self.send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await (async () => {{ {body} }})() ?? null))()",
            target={"context": self._page},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def stroke(self, *places: tuple[float, float]) -> None:
        """Press the mouse at the first place, in CSS pixels of the window, move through the others, and let go."""
        (x, y), *rest = [(round(x), round(y)) for x, y in places]
        moves = [{"type": "pointerMove", "x": x, "y": y, "duration": 20} for x, y in rest]
        actions = [{"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0}, *moves]
        actions += [{"type": "pointerUp", "button": 0}]
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self.send("input.performActions", context=self._page, actions=[pointer])

    def press(self, *keys: str) -> None:
        """Press keys one after the other; WebDriver names those without a letter, such as the tabulator, by code."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.send(
            "input.performActions", context=self._page, actions=[{"type": "key", "id": "keys", "actions": actions}]
        )

    def picture(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self.send("browsingContext.captureScreenshot", context=self._page)["data"])
