"""Train the translators that the course ships, and write them to data/pretrained/.

    python tools/train_translators.py neon|sunset|winter|landscapes|repair|emoji [--steps N] [--seed 0]

Started again, it goes on where it was. Digits and emoji are real; the landscapes are drawn by
gan_course.data.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import time
from collections.abc import Callable, Mapping
from typing import Any

import gan_tf  # before keras: it silences the start-up lines

# isort: split
import keras
import numpy as np
from PIL import Image

from gan_course import cpu, data, evaluation, paths, pretrained, show
from gan_course.perception import Perception
from gan_tf import models

SIGN, SCENE, DRAWING = (28, 28, 3), (64, 64, 3), (32, 32, 3)
SUMMER, BY_DAY = ("meadow", "forest"), ("sea", "meadow")
STYLES = ("summer", "winter", "sunset", "night")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is trained and how.

    Attributes:
        network: name of the translator's function in `gan_tf.models`.
        options: its options.
        widths: of the patch discriminator.
        files: name of each shipped file, and the averaged net it holds.
        steps: of training.
        batch_size: pictures of each domain a step.
        game: options of the training.
        learning_rate: at the start; it falls to zero along half a cosine.
    """

    network: str
    options: dict[str, Any]
    widths: tuple[int, ...]
    files: dict[str, str]
    steps: int
    batch_size: int
    game: dict[str, Any]
    learning_rate: float = 1e-3

    def net(self) -> keras.Model:
        """The translator, untrained."""
        return getattr(models, self.network)(**self.options)

    def optimizers(self, learning_rate: Any = None) -> list[keras.optimizers.Optimizer]:
        """One for each side, with the plan's learning rate or with a schedule each."""
        rates = learning_rate or [self.learning_rate] * 2
        return [keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.99) for rate in rates]


def _both_ways(there: str, back: str) -> dict[str, str]:
    return {there: "averaged_ab", back: "averaged_ba"}


# A landscape keeps its shapes when its light changes: the net makes a change of the picture, and there is no identity
# loss, which would forbid to change anything until the discriminators have learned what is wrong.
_LANDSCAPE = {"shape": SCENE, "widths": (16, 32, 64), "residual": True}
_LIGHT = {"cycle_weight": 4.0, "identity_weight": 0.0, "ema": 0.995}
PLANS = {
    "neon": Plan(
        "translator",
        {"shape": SIGN, "width": 16, "blocks": 2},
        (32, 64),
        _both_ways("digit_to_neon", "neon_to_digit"),
        1_500,
        8,
        {"ema": 0.99},
    ),
    "sunset": Plan("unet", _LANDSCAPE, (32, 64, 128), _both_ways("day_to_sunset", "sunset_to_day"), 3_000, 4, _LIGHT),
    "winter": Plan(
        "unet", _LANDSCAPE, (32, 64, 128), _both_ways("summer_to_winter", "winter_to_summer"), 2_400, 4, _LIGHT
    ),
    "landscapes": Plan(
        "unet",
        {**_LANDSCAPE, "classes": len(STYLES)},
        (32, 64, 128),
        {"landscapes": "averaged"},
        4_000,
        8,
        {"cycle_weight": 1.5, "ema": 0.995},
    ),
    "repair": Plan(
        "unet",
        {"shape": DRAWING, "widths": (24, 48, 96), "residual": True, "classes": len(data.DAMAGES)},
        (32, 64),
        {"repair": "averaged"},
        6_000,
        16,
        {"l1_weight": 30.0, "adversarial_weight": 0.5, "ema": 0.995, "classes": len(data.DAMAGES)},
        2e-3,
    ),
    # The fifth size has 4x4 places: there the net sees the whole outline, and large fields get one colour.
    "emoji": Plan(
        "unet",
        {"shape": (64, 64, 1), "widths": (32, 64, 96, 128, 160), "channels": 3},
        (32, 64, 96),
        {"outline_to_emoji": "averaged"},
        2_400,
        16,
        {"l1_weight": 20.0, "ema": 0.995},
    ),
}
VARIANTS = 6  # of each emoji: place, size, side and pen

# Wider, and more pictures a step, for one GPU of a data centre.
_WIDER = {"shape": SCENE, "widths": (48, 96, 192), "residual": True}
GPU = {
    "neon": dataclasses.replace(
        PLANS["neon"], options={"shape": SIGN, "width": 48, "blocks": 4}, widths=(64, 128), steps=6_000, batch_size=16
    ),
    "sunset": dataclasses.replace(PLANS["sunset"], options=_WIDER, widths=(64, 128, 256), steps=12_000, batch_size=8),
    "winter": dataclasses.replace(PLANS["winter"], options=_WIDER, widths=(64, 128, 256), steps=10_000, batch_size=8),
}


def scenes(split: str, *names: str, n: int | None = None) -> data.Dataset:
    """Drawn landscapes of these classes, 64x64."""
    n = n or {"train": 10_000, "test": 1_000}[split]
    return data.load("cifar10", split, source="embedded", size=64, n=n).of_class(*names)


def halves(real: data.Dataset) -> tuple[data.Dataset, data.Dataset]:
    """Two sets that share no picture."""
    return real.take(len(real) // 2), dataclasses.replace(
        real, x=real.x[len(real) // 2 :], labels=real.labels[len(real) // 2 :]
    )


def changed(real: data.Dataset, change: Callable[[np.ndarray], np.ndarray]) -> data.Dataset:
    """The same set, its pictures changed."""
    return dataclasses.replace(real, x=change(real.x))


def coloured(x: np.ndarray) -> np.ndarray:
    """Grey pictures with three channels."""
    return np.repeat(x, 3, axis=-1)


def damaged(real: data.Dataset, seed: int) -> data.Pairs:
    """Each picture damaged in one of the four ways, which is its label; and the picture itself."""
    kinds = np.arange(len(real), dtype=np.int32) % len(data.DAMAGES)
    given = np.empty_like(real.x)
    for k, damage in enumerate(data.DAMAGES.values()):
        given[kinds == k] = damage(real.x[kinds == k], seed + k)
    told = {"labels": kinds, "class_names": tuple(data.DAMAGES)}
    return data.Pairs(dataclasses.replace(real, x=given, **told), dataclasses.replace(real, **told))


def emoji_pairs(seed: int) -> data.Pairs:
    """Outlines and their pictures: as they are, then smaller, moved or mirrored; half of the outlines drawn by hand.

    Without the flags, whose colours no outline tells.
    """
    real = data.load("emoji")
    real = real.of_class(*(name for name in real.class_names if name != "Flags"))
    random, pixels = np.random.default_rng(seed), show.to_uint8(real.x)
    wanted = [real.x]
    for _ in range(VARIANTS - 1):
        wanted.append(np.stack([moved(picture, random) for picture in pixels]).astype(np.float32) / 127.5 - 1)
    x = np.concatenate(wanted)
    given = data.outlines(x)
    by_hand = random.random(len(x)) < 0.5
    given[by_hand] = data.hand_drawn(given[by_hand], seed)
    many = dataclasses.replace(real, x=x, labels=np.tile(real.labels, VARIANTS), names=np.tile(real.names, VARIANTS))
    return data.Pairs(dataclasses.replace(many, x=given), many)


def moved(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A picture on white, uint8, in another size and place, half of the time mirrored."""
    side, scale = len(picture), random.uniform(0.8, 1.05)
    small = Image.fromarray(picture[:, ::-1] if random.random() < 0.5 else picture)
    small = small.resize((round(side * scale),) * 2, Image.Resampling.BICUBIC)
    page = Image.new("RGB", (side, side), "white")
    page.paste(small, tuple(int(at) for at in (side - small.width) / 2 + random.integers(-3, 4, 2)))
    return np.asarray(page)


def styled(split: str) -> data.Dataset:
    """Landscapes in summer, in winter, at sunset and at night; which it is, is the label."""
    summer, green = halves(scenes(split, *SUMMER))
    parts = [summer.x, data.winter(green.x), scenes(split, "sunset").x, scenes(split, "night sky").x]
    fewest = min(map(len, parts))
    x = np.concatenate([part[:fewest] for part in parts])
    labels = np.repeat(np.arange(len(parts), dtype=np.int32), fewest)
    return dataclasses.replace(summer, x=x, labels=labels, class_names=STYLES)


def cycle_gan(plan: Plan, seed: int) -> gan_tf.CycleGAN:
    """The untrained pair of translators of a plan, with their discriminators."""
    judges = [models.patch_discriminator(plan.options["shape"], plan.widths) for _ in range(2)]
    return gan_tf.CycleGAN(plan.net(), plan.net(), *judges, seed=seed, **plan.game)


def fit(model: keras.Model, plan: Plan, batches: Any, steps: int, parts: int = 1, **options: Any) -> None:
    """Train for so many steps, in as many epochs as parts; other options are those of ``fit``."""
    schedules = [keras.optimizers.schedules.CosineDecay(plan.learning_rate, steps) for _ in range(2)]
    model.compile(*plan.optimizers(schedules), steps_per_execution=4)
    cpu.accelerate(model)
    model.fit(batches.repeat(), epochs=parts, steps_per_epoch=steps // parts, **options)


def prepared(name: str, plan: Plan, seed: int) -> tuple[keras.Model, Any, str]:
    """The untrained model, its batches, and what the data are."""
    patches = plan.options["shape"], plan.widths
    if name == "repair":
        seen = Perception(evaluation.feature_network("cifar10").maps, content=4.0)
        judge = models.patch_discriminator(*patches, condition=3)
        model = gan_tf.Pix2Pix(plan.net(), judge, extra_loss=seen, seed=seed, **plan.game)
        pairs = damaged(data.load("cifar10", source="embedded"), seed)
        return model, pairs.batches(plan.batch_size, seed=seed, labels=True), "cifar10, embedded"
    if name == "emoji":
        judge = models.patch_discriminator(SCENE, plan.widths, condition=1)
        model = gan_tf.Pix2Pix(plan.net(), judge, seed=seed, **plan.game)
        return model, emoji_pairs(seed).batches(plan.batch_size, seed=seed), "emoji, embedded"
    if name == "landscapes":
        judge = models.patch_discriminator(*patches, classes=len(STYLES))
        model = gan_tf.StarGAN(plan.net(), judge, seed=seed, **plan.game)
        return model, styled("train").batches(plan.batch_size, seed=seed, labels=True), "cifar10, embedded"
    if name == "neon":
        a, b = halves(data.load("mnist", source="real"))
        pair, source = (changed(a, coloured), changed(b, data.neon)), "mnist, local"
    elif name == "winter":
        a, b = halves(scenes("train", *SUMMER))
        pair, source = (a, changed(b, data.winter)), "cifar10, embedded"
    else:
        pair, source = (scenes("train", *BY_DAY), scenes("train", "sunset")), "cifar10, embedded"
    return cycle_gan(plan, seed), data.Domains(*pair).batches(plan.batch_size, seed=seed), source


def measured(name: str, model: keras.Model) -> dict[str, Any]:
    """What the averaged translators reach on pictures that nobody has seen, in a few numbers for their cards."""
    if name == "neon":
        unseen, judge = data.load("mnist", "test", source="real").take(2_000), evaluation.feature_network("mnist")
        signs = model.to_b(coloured(unseen.x))
        read = {"sign": data.unlit(signs), "digit again": model.to_a(signs).mean(axis=-1, keepdims=True)}
        return {
            f"{key} named right": _share(evaluation.label_accuracy(x, unseen.labels, judge)) for key, x in read.items()
        }
    if name == "winter":
        unseen = scenes("test", *SUMMER)
        made, truth = model.to_b(unseen.x), data.winter(unseen.x)
        return {"ssim with the true winter": _share(evaluation.ssim(truth, made).mean())}
    if name == "repair":
        real = data.load("cifar10", "test", source="embedded", n=1_000)
        similar = {}
        for k, (kind, damage) in enumerate(data.DAMAGES.items()):
            similar[f"ssim, {kind}"] = _share(evaluation.ssim(real.x, model.translate(damage(real.x, 9), k)).mean())
        return similar
    if name == "emoji":
        unseen = data.load("emoji", "test")
        made = model.translate(data.outlines(unseen.x))
        by_hand = model.translate(data.hand_drawn(data.outlines(unseen.x)))
        return {
            "error": _share(np.abs(made - unseen.x).mean()),
            "error, drawn by hand": _share(np.abs(by_hand - unseen.x).mean()),
            "colourfulness of the real ones": _share(evaluation.colourfulness(unseen.x).mean()),
            "colourfulness": _share(evaluation.colourfulness(made).mean()),
        }
    return {}


def _share(value: float) -> float:
    return round(float(value), 3)


def train(name: str, steps: int | None, seed: int) -> None:
    plan = PLANS[name]
    steps = steps or plan.steps
    cpu.accelerate()  # The threads of this process.
    run = gan_tf.setup(seed=seed)
    model, batches, source = prepared(name, plan, seed)
    folder = paths.runs() / f"translators_{name}_{steps}_{seed}"
    start = time.perf_counter()
    fit(model, plan, batches, steps, 10, verbose=2, callbacks=[gan_tf.Resume(folder)])
    seconds = round(time.perf_counter() - start)
    card: Mapping[str, Any] = {
        "data": source,
        "command": f"python tools/train_translators.py {name} --steps {steps} --seed {seed}",
        "steps": steps,
        "seconds_of_last_run": seconds,
        "machine": f"{run.device}, {run.cores} cores, {run.precision}",
        "labels": {"repair": list(data.DAMAGES), "landscapes": list(STYLES)}.get(name, []),
        **measured(name, model),
    }
    print(card)
    for file, net in plan.files.items():
        path = pretrained.shipped_file(file)
        pretrained.save(path, getattr(model, net), plan.network, plan.options, card)
        print(f"wrote {path.name}: {path.stat().st_size / 1e6:.2f} MB")
    shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(PLANS))
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    train(asked.name, asked.steps, asked.seed)
