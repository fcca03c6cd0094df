"""Do other packages give the same numbers: python benchmarks/references.py --python OTHER/bin/python

The packages are not among our requirements, as PyTorch alone takes more room than all of these, and it crashes in some
processes that hold TensorFlow. So they are in an environment of their own, and a process of that Python computes with
them. Those that it has are compared, the others named; to have all:

    python -m venv OTHER && OTHER/bin/pip install prdc torch-fidelity torchmetrics clean-fid nltk

Features, class logits, pictures, sounds and texts are random and the same for both. Where a package draws subsets, it
gets the whole set as the only one.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = ("torch", "torch-fidelity", "torchmetrics", "clean-fid", "prdc", "nltk")
MODULES = {"torch-fidelity": "torch_fidelity", "clean-fid": "cleanfid"}
WORDS = "the a cat dog sat ran on over under mat hill and then".split()
Arrays = dict[str, np.ndarray]


def drawn(n: int, d: int) -> Arrays:
    """What is measured."""
    random = np.random.default_rng(0)
    pictures = random.uniform(-1, 1, (4, 32, 32, 3))
    return {
        "real": random.standard_normal((n, d)) * np.linspace(0.5, 2, d),
        "fake": 1.1 * random.standard_normal((n, d)) * np.linspace(0.5, 2, d) + 0.2,
        "logits": 2 * random.standard_normal((n, 10)),
        "pictures": pictures,
        "noisy": np.clip(pictures + 0.3 * random.standard_normal(pictures.shape), -1, 1),
        "sounds": random.uniform(-1, 1, (1, 8192)).astype(np.float32),
        "texts": np.array([" ".join(random.choice(WORDS, 9)) for _ in range(40)]),
    }


def ours(x: Arrays) -> dict[str, float]:
    """Each measure, by us."""
    import timing  # before TensorFlow: it imports gan_tf, which silences the start-up lines

    assert timing
    import tensorflow as tf
    from scipy.special import softmax

    from gan_course import audio, evaluation
    from gan_course.audio import mel
    from gan_tf import metrics

    real, fake = x["real"], x["fake"]
    return {
        "Frechet distance": metrics.frechet_distance(real, fake),
        "kernel distance": metrics.kernel_distance(real, fake, subset_size=len(real)).mean,
        **metrics.precision_recall(real, fake)._asdict(),
        **metrics.density_coverage(real, fake)._asdict(),
        "classifier score": metrics.classifier_score(softmax(x["logits"], axis=1), splits=1).mean,
        "PSNR": float(evaluation.psnr(x["pictures"], x["noisy"]).mean()),
        "SSIM": float(evaluation.ssim(x["pictures"], x["noisy"]).mean()),
        "STFT, mean magnitude": float(
            np.abs(mel.stft(tf.constant(x["sounds"]), audio.DIGITS).numpy()).mean(dtype=float)
        ),
        "self-BLEU": evaluation.self_bleu(list(x["texts"])),
    }


def theirs(x: Arrays) -> Iterator[tuple[str, str, Callable[[], float]]]:
    """Each measure, who else has it, and a function that asks."""
    real, fake = x["real"], x["fake"]

    def fidelity(module: str, name: str, *arrays: np.ndarray, **options: Any) -> dict[str, float]:
        function = getattr(importlib.import_module(f"torch_fidelity.{module}"), name)
        return function(*_tensors(*arrays), **options)

    def frechet_by_fidelity() -> float:
        module = importlib.import_module("torch_fidelity.metric_fid")
        found = [module.fid_features_to_statistics(tensor) for tensor in _tensors(real, fake)]
        return module.fid_statistics_to_metric(*found, False)["frechet_inception_distance"]

    def cleanfid(name: str, *arguments: Any) -> float:
        return float(getattr(importlib.import_module("cleanfid.fid"), name)(*arguments))

    yield "Frechet distance", "torch-fidelity", frechet_by_fidelity
    moments = [part for one in (real, fake) for part in (one.mean(axis=0), np.cov(one, rowvar=False))]
    yield "Frechet distance", "clean-fid", lambda: cleanfid("frechet_distance", *moments)
    sets, whole = ((real, True), (fake, False)), {"kid_subsets": 1, "kid_subset_size": len(real)}
    yield "Frechet distance", "torchmetrics", lambda: _by_torchmetrics("fid", "FrechetInceptionDistance", *sets)
    key = "kernel_inception_distance_mean"
    yield (
        "kernel distance",
        "torch-fidelity",
        lambda: fidelity("metric_kid", "kid_features_to_metric", real, fake, verbose=False, **whole)[key],
    )
    yield "kernel distance", "clean-fid", lambda: cleanfid("kernel_distance", real, fake, 1, len(real))
    options = {"subsets": 1, "subset_size": len(real)}
    yield (
        "kernel distance",
        "torchmetrics",
        lambda: _by_torchmetrics("kid", "KernelInceptionDistance", *sets, **options),
    )
    for name, k in (("precision", 3), ("recall", 3), ("density", 5), ("coverage", 5)):
        yield name, "prdc", lambda name=name, k=k: importlib.import_module("prdc").compute_prdc(real, fake, k)[name]
    blocks = {"prc_neighborhood": 3, "prc_batch_size": len(real), "save_cpu_ram": False, "verbose": False}
    for name in ("precision", "recall"):
        yield (
            name,
            "torch-fidelity",
            lambda name=name: fidelity("metric_prc", "prc_features_to_metric", fake, real, **blocks)[name],
        )
    score = "inception_score_mean"
    yield (
        "classifier score",
        "torch-fidelity",
        lambda: fidelity("metric_isc", "isc_features_to_metric", x["logits"], splits=1)[score],
    )
    yield (
        "classifier score",
        "torchmetrics",
        lambda: _by_torchmetrics("inception", "InceptionScore", (x["logits"],), splits=1),
    )
    yield "PSNR", "torchmetrics", lambda: _of_pictures(x, "peak_signal_noise_ratio")
    uniform = {"gaussian_kernel": False, "kernel_size": 7}
    yield "SSIM", "torchmetrics", lambda: _of_pictures(x, "structural_similarity_index_measure", **uniform)
    yield "STFT, mean magnitude", "torch", lambda: _mean_magnitude(x["sounds"])
    yield "self-BLEU", "nltk", lambda: _self_bleu(list(x["texts"]))


def _tensors(*arrays: np.ndarray) -> list[Any]:
    import torch

    return [torch.from_numpy(array) for array in arrays]


def _by_torchmetrics(module: str, name: str, *updates: tuple, **options: Any) -> float:
    """What one of its classes computes of features that pass through its network unchanged."""
    import torch

    network = torch.nn.Identity()
    network.num_features = updates[0][0].shape[1]
    kind = getattr(importlib.import_module(f"torchmetrics.image.{module}"), name)
    measure = kind(feature=network, **options).set_dtype(torch.float64)
    for array, *real in updates:
        measure.update(*_tensors(array), *real)
    found = measure.compute()
    return float(found[0] if isinstance(found, tuple) else found)


def _of_pictures(x: Arrays, name: str, **options: Any) -> float:
    function = getattr(importlib.import_module("torchmetrics.functional.image"), name)
    pairs = zip(*((x[key].transpose(0, 3, 1, 2) + 1) / 2 for key in ("pictures", "noisy")), strict=True)
    values = [function(*_tensors(a[None], b[None]), data_range=1.0, **options) for a, b in pairs]
    return float(np.mean(values))


def _mean_magnitude(sounds: np.ndarray) -> float:
    import torch

    options = {"window": torch.hann_window(512), "pad_mode": "constant", "return_complex": True}
    return float(torch.stft(torch.from_numpy(sounds), 512, 128, **options).abs().double().mean())


def _self_bleu(texts: list[str]) -> float:
    from nltk.translate import bleu_score

    smooth, words = bleu_score.SmoothingFunction().method1, [text.split() for text in texts]
    others = [words[:i] + words[i + 1 :] for i in range(len(words))]
    values = [bleu_score.sentence_bleu(o, w, smoothing_function=smooth) for o, w in zip(others, words, strict=True)]
    return float(np.mean(values))


def answer(path: str) -> dict[str, Any]:
    """In the other process: what its packages say of the arrays in a file."""
    with np.load(path) as file:
        x = dict(file)
    there = [name for name in PACKAGES if importlib.util.find_spec(MODULES.get(name, name))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [
            {"measure": measure, "package": package, "theirs": float(ask())}
            for measure, package, ask in theirs(x)
            if package in there
        ]
    versions = {name: importlib.metadata.version(name) for name in there}
    return {"versions": versions, "missing": [name for name in PACKAGES if name not in there], "rows": rows}


def compared(n: int, d: int, python: str) -> dict[str, Any]:
    """Both sides of all measures that some package of the other Python has."""
    x = drawn(n, d)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrays.npz"
        np.savez(path, **x)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        code = [python, __file__, "--answer", str(path)]
        said = subprocess.run(code, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    found, values = json.loads(said.splitlines()[-1]), ours(x)
    rows = [{**row, "ours": value} for name, value in values.items() for row in found["rows"] if row["measure"] == name]
    return {"samples": n, "features": d, **found, "rows": rows}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="the Python that has the other packages")
    parser.add_argument("--samples", type=int, default=1_000)
    parser.add_argument("--features", type=int, default=64)
    parser.add_argument("--answer", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.answer:
        print(json.dumps(answer(asked.answer)))
    else:
        result = compared(asked.samples, asked.features, asked.python)
        for row in result["rows"]:
            print("{measure:24s} {ours:14.8g} {theirs:14.8g}  {package}".format(**row))
        print("not installed:", ", ".join(result["missing"]) or "none")
        if result["rows"]:
            import timing

            timing.write("references", result)
