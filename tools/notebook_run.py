"""Execute a notebook as "Restart and run all" does, and show in the terminal what happens, as it happens."""

from __future__ import annotations

import base64
import datetime
import importlib.metadata
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbclient import NotebookClient

from notebook_rules import code_hash

# Evaluated in the notebook's own process after the last cell: which data did it really use?
_SOURCES = """\
import json
sets = [d for d in list(globals().values()) if any(kind.__name__ == "Dataset" for kind in type(d).__mro__)]
print(json.dumps({d.name: d.source for d in sets if d.card.name == d.name}))"""

_WIDGET = "application/vnd.jupyter.widget-view+json"
_PASSING = re.compile(r"epoch \S+  step \d")  # how show.LiveSamples begins inside an epoch
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Prints a notebook's headings and outputs.

    A progress bar redraws its line on a terminal; of a line written to a file only its last state is kept.
    """

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._redraws = stream.isatty()
        self._line = ""
        self._last = ""
        self._passing = False  # The open line may be replaced.

    def heading(self, text: str) -> None:
        self.finish()
        self._print(f"\n== {text}")

    def feed(self, text: str) -> None:
        """Show text from stdout or stderr; it may stop anywhere inside a line."""
        if self._redraws:
            self._stream.write(text)
            self._stream.flush()
            self._line = (self._line + text).rpartition("\n")[2]
            return
        *whole, self._line = (self._line + text).replace("\r\n", "\n").split("\n")
        for line in whole:
            self._print(_overwritten(line))

    def show(self, data: dict[str, Any], update: bool) -> None:
        """Show a rich output as text: of an update its first line, and nothing if that is old.

        What a training tells inside an epoch is replaced on a terminal, and left out of a file.
        """
        text = str(data.get("text/plain", "")).strip()
        if text.startswith("<"):  # the name of a Python object: what matters is the picture or the sound
            text = "" if update else "[shown in the notebook]"
        if update:
            text = text.partition("\n")[0]
        if self._redraws and self._passing:
            self._stream.write("\r\x1b[K")
            self._passing, self._line = False, ""
        if update and _PASSING.match(text):
            if self._redraws:
                self.feed(text[: shutil.get_terminal_size().columns - 1])
                self._passing = True
            return
        if text and not (update and text == self._last):
            self.finish()
            self._print(text)
            self._last = text

    def finish(self) -> None:
        """End a line left open."""
        if self._line:
            self._print("" if self._redraws else _overwritten(self._line))
        self._line = ""

    def _print(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def _overwritten(line: str) -> str:
    """What a line reads once its carriage returns and backspaces have done their work."""
    return re.split(r"[\r\b]", _CONTROL.sub("", line.rstrip("\r\b")))[-1].rstrip()


class _Client(NotebookClient):
    """An nbclient that tells a Terminal at once what the kernel sends; its hooks come after the cell."""

    terminal: Terminal | None = None

    def process_message(self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int) -> Any:
        kind, content = msg["msg_type"], msg["content"]
        if self.terminal and kind == "stream":
            self.terminal.feed(content["text"])
        elif self.terminal and kind in ("display_data", "update_display_data", "execute_result"):
            self.terminal.show(content["data"], update=kind == "update_display_data")
        return super().process_message(msg, cell, cell_index)


def execute(
    nb: nbformat.NotebookNode,
    folder: Path,
    *,
    budget: str,
    source: str,
    outputs: Path | None = None,
    terminal: Terminal | None = None,
) -> None:
    """Run all cells of ``nb`` in a new kernel, in place, and record the run in ``nb.metadata["gan_tf"]``.

    Checkpoints go to a folder that is empty at the start and gone at the end: no run continues an older one.

    Args:
        nb: the notebook; its outputs are replaced, also when a cell fails.
        folder: where the kernel starts, as JupyterLab would: the notebook's own folder.
        budget: ``smoke``, ``cpu`` or ``gpu``.
        source: ``auto``, ``real`` or ``embedded``, as in ``GAN_TF_DATA_SOURCE``.
        outputs: where the lesson leaves its pictures and clips; ``None`` throws them away.
        terminal: where to show what happens.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    strip(nb)
    client = _Client(nb, timeout=None, resources={"metadata": {"path": str(folder)}}, record_timing=False)
    client.extra_arguments = ["--log-level=CRITICAL"]  # else the kernel talks of its sockets at start and at Ctrl-C
    client.coalesce_streams, client.store_widget_state, client.terminal = True, False, terminal
    with tempfile.TemporaryDirectory(prefix="gan_tf-", ignore_cleanup_errors=True) as scratch:
        env = os.environ | {
            "GAN_TF_BUDGET": budget,
            "GAN_TF_DATA_SOURCE": source,
            "GAN_TF_OUTPUTS": str(outputs or Path(scratch) / "outputs"),
            "GAN_TF_RUNS": str(Path(scratch) / "runs"),
        }
        start = time.monotonic()
        with client.setup_kernel(env=env):
            for index, cell in enumerate(nb.cells):
                if terminal and (heading := _heading(cell)):
                    terminal.heading(heading)
                client.execute_cell(cell, index)
                if terminal:
                    terminal.finish()
            seconds = time.monotonic() - start
            client.terminal = None
            data = _ask(client, nb)
    for cell in (cell for cell in nb.cells if cell.cell_type == "code"):
        # A widget lives in its kernel only: whoever opens the file later would see a bar that never moved.
        cell.outputs = [output for output in cell.outputs if _WIDGET not in output.get("data", {})]
    nb.metadata["gan_tf"] = {
        "budget": budget,
        "source": source,
        "data": data,
        "seconds": round(seconds),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy")},
        },
        "code_hash": code_hash(nb),
    }


def _heading(cell: nbformat.NotebookNode) -> str:
    found = re.search(r"^#+ +(.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
    return found[1] if found else ""


def _ask(client: NotebookClient, nb: nbformat.NotebookNode) -> dict[str, str]:
    """The name and source of each of the course's data sets that the notebook's variables hold.

    A set made of own files has a card of another name: such files a lesson may write anew in each run.
    """
    nb.cells.append(nbformat.v4.new_code_cell(_SOURCES))
    try:
        client.execute_cell(nb.cells[-1], len(nb.cells) - 1)
        return json.loads(nb.cells[-1].outputs[0].text)
    finally:
        nb.cells.pop()


def machine() -> str:
    """The processor and its cores, for example ``Apple M2, 8 cores``. Never a host's name."""
    if sys.platform == "darwin":
        asked = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True)
        model = asked.stdout.strip()
    else:
        cpuinfo = Path("/proc/cpuinfo")
        text = cpuinfo.read_text(encoding="utf-8", errors="replace") if cpuinfo.is_file() else ""
        found = re.search(r"^model name\s*: *(.+)$", text, re.MULTILINE)
        model = found[1] if found else ""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{' '.join(model.split()) or platform.machine()}, {usable} cores"


def strip(nb: nbformat.NotebookNode) -> None:
    """Remove outputs, counts, the record of a run, and what editors leave in the metadata."""
    for cell in nb.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nb.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )


def pack(nb: nbformat.NotebookNode) -> None:
    """Give the pictures among the outputs fewer bytes, with the same pixels, where that can be done."""
    from PIL import Image

    for output in (output for cell in nb.cells for output in cell.get("outputs", ())):
        if picture := output.get("data", {}).get("image/png"):
            smaller = io.BytesIO()
            with Image.open(io.BytesIO(base64.b64decode(picture))) as opened:
                opaque = opened.mode == "RGBA" and opened.getextrema()[3] == (255, 255)
                (opened.convert("RGB") if opaque else opened).save(smaller, "PNG", optimize=True)
            found = base64.b64encode(smaller.getvalue()).decode()
            output["data"]["image/png"] = min(found, picture, key=len)


def write(nb: nbformat.NotebookNode, path: Path) -> None:
    """Write ``nb`` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        nbformat.write(nb, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
