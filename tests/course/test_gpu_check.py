"""The check of a GPU, on tiny nets and a CPU."""

from __future__ import annotations

import json

import gpu_check


def test_a_tiny_check_runs_to_its_end(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_TF_DATA_SOURCE", "embedded")
    file = tmp_path / "check.json"
    assert gpu_check.main(["--tiny", "--output", str(file)]) == 0, capsys.readouterr().out
    parts = json.loads(file.read_text())["parts"]
    assert {part["end"] for part in parts.values()} == {"done"}
    ways = {(row["way"], row["xla"]) for row in parts["steps, lesson 01, dense"]["rows"]}
    assert {("tutorial's loop", False), ("keras.Model", True), ("gan_tf", False), ("gan_tf", True)} <= ways
    assert all(row["milliseconds"] > 0 for row in parts["steps, lesson 02, colour pictures"]["rows"])
    assert all(row["distance"] < 1e-5 for row in parts["agreement"]["rows"]) and parts["agreement"]["rows"]
    assert parts["half a minute, lesson 01"]["rows"][0]["distance"] > 0
    assert -1 <= parts["half a minute, lesson 07"]["rows"][0]["ssim"] <= 1


def test_a_part_that_hangs_or_fails_says_so():
    rows = []
    assert gpu_check.run_part("steps, lesson 01, dense", True, 0.5, rows.append) == "stopped after 0 s" and not rows
    assert gpu_check.run_part("no such part", True, 300, rows.append).startswith("code 1: ")


def test_each_row_is_in_the_file_at_once_and_an_abort_loses_one_part(tmp_path, monkeypatch, capsys):
    file, seen = tmp_path / "check.json", []

    def run_part(name, tiny, limit, found):
        found({"way": name, "precision": "mixed_bfloat16", "xla": True, "milliseconds": 2.0})
        seen.append(json.loads(file.read_text())["parts"][name]["rows"])
        return "stopped after 9 s" if name == "agreement" else "done"

    monkeypatch.setattr(gpu_check, "run_part", run_part)
    assert gpu_check.main(["--output", str(file)]) == 1
    parts = json.loads(file.read_text())["parts"]
    assert len(seen) == len(parts) == 12 and all(len(rows) == 1 for rows in seen)
    assert [name for name, part in parts.items() if part["end"] != "done"] == ["agreement"]
    assert "agreement: stopped after 9 s" in capsys.readouterr().out


def test_the_goal_compares_half_precision_only():
    rows = [
        {"way": "keras.Model", "precision": "float32", "xla": True, "milliseconds": 1.0},
        {"way": "keras.Model", "precision": "mixed_bfloat16", "xla": True, "milliseconds": 4.0},
        {"way": "gan_tf", "precision": "mixed_bfloat16", "xla": True, "milliseconds": 3.0},
        {"way": "gan_tf", "precision": "mixed_bfloat16", "xla": False, "milliseconds": 0.1},
    ]
    assert gpu_check.goals({"steps, x": {"rows": rows}}) == ["steps, x: 3.00 ms, 0.75 of keras.Model (goal 0.9)"]


def test_without_time_parts_are_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gpu_check, "run_part", lambda *given: "done")
    assert gpu_check.main(["--minutes", "0.1", "--output", str(tmp_path / "check.json")]) == 1
    assert "about: no time left" in capsys.readouterr().out
