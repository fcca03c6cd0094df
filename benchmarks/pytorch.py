"""The same networks in PyTorch, for one more row of the steps; PyTorch is no dependency of the course.

For networks that are chains of layers, as those of lesson 01 are. Channels-last, bfloat16 by autocast, fused Adam.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import keras
import numpy as np
from keras import layers

import gan_tf
import recipes
from training import Trial, batch_of

LAYERS = (layers.InputLayer, layers.Dense, layers.Conv2D, layers.Conv2DTranspose, layers.BatchNormalization)
LAYERS += (layers.LeakyReLU, layers.Reshape, layers.Flatten, layers.Activation)


def knows(recipe: recipes.Recipe, shape: tuple[int, ...]) -> bool:
    """Whether PyTorch is installed, and both nets of the recipe are chains of layers that are known here."""
    if not importlib.util.find_spec("torch"):
        return False
    return all(
        len(net.inputs) == len(net.outputs) == 1 and all(type(layer) in LAYERS for layer in net.layers)
        for net in _built(recipe, shape).nets.values()
    )


def _built(recipe: recipes.Recipe, shape: tuple[int, ...]) -> gan_tf.GAN:
    return Trial.of(recipe).changed(precision="float32").build(shape)


def chain(net: keras.Model) -> Any:
    """A ``torch.nn.Sequential`` with the weights of ``net``; images are ``(n, C, H, W)``, channels-last in memory.

    Raises:
        ValueError: it does not say what ``net`` says.
    """
    import torch

    parts = []
    for layer in net.layers:
        values = [torch.from_numpy(np.array(w)) for w in layer.get_weights()]
        made, order = _made(layer)
        if isinstance(layer, layers.BatchNormalization):
            norm = made[0]
            for own, value in zip((norm.weight, norm.bias, norm.running_mean, norm.running_var), values, strict=True):
                own.data.copy_(value)
        elif values:
            made[-1].weight.data.copy_(values[0].permute(order))
            if len(values) > 1:
                made[-1].bias.data.copy_(values[1])
        parts += made
    found = torch.nn.Sequential(*parts).to(memory_format=torch.channels_last)
    x = np.random.default_rng(0).standard_normal((4, *net.inputs[0].shape[1:])).astype(np.float32)
    with torch.no_grad():
        said = found.eval()(_image(torch.from_numpy(x)))
    said = said.permute(0, 2, 3, 1) if said.ndim == 4 else said
    if np.abs(said.numpy() - np.asarray(net(x))).max() > 1e-4:
        raise ValueError(f"net: {net.name} says something else in PyTorch")
    return found.train()


def _image(x: Any) -> Any:
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def _made(layer: keras.Layer) -> tuple[list[Any], tuple[int, ...]]:
    """The modules for a layer, and the order of the axes of its kernel in PyTorch."""
    from torch import nn

    if isinstance(layer, layers.InputLayer):
        return [], ()
    shape = layer.input.shape
    if isinstance(layer, layers.Dense):
        return [nn.Linear(shape[-1], layer.units, layer.use_bias)], (1, 0)
    if isinstance(layer, layers.BatchNormalization):
        kind = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
        return [kind(shape[-1], layer.epsilon, 1 - layer.momentum)], ()
    if isinstance(layer, layers.LeakyReLU):
        return [nn.LeakyReLU(layer.negative_slope)], ()
    if isinstance(layer, layers.Activation):
        return [nn.Tanh()], ()
    if isinstance(layer, layers.Reshape):
        return [nn.Unflatten(1, layer.target_shape), _moved((0, 3, 1, 2))], ()
    if isinstance(layer, layers.Flatten):
        return [_moved((0, 2, 3, 1)), nn.Flatten()], ()
    kernel, stride = layer.kernel_size[0], layer.strides[0]
    if isinstance(layer, layers.Conv2DTranspose):
        sides = (kernel - stride) // 2
        made = nn.ConvTranspose2d(shape[-1], layer.filters, kernel, stride, sides, bias=layer.use_bias)
        return [made], (3, 2, 0, 1)
    whole = max((-(-shape[1] // stride) - 1) * stride + kernel - shape[1], 0)
    pad = nn.ZeroPad2d((whole // 2, whole - whole // 2) * 2)
    return [pad, nn.Conv2d(shape[-1], layer.filters, kernel, stride, bias=layer.use_bias)], (3, 2, 0, 1)


def _moved(order: tuple[int, ...]) -> Any:
    from torch import nn

    class Moved(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.permute(order)

    return Moved()


class Step:
    """The work of ``gan_tf.GAN``'s step: the fakes are made once, and judged by the updated discriminator too.

    Args:
        recipe: the nets, their Adam and the batch size.
        shape: of a sample.
    """

    def __init__(self, recipe: recipes.Recipe, shape: tuple[int, ...]):
        import torch

        gan = _built(recipe, shape)
        self._latents = (recipe.batch_size, gan.latent_dim)
        self._generator, self._discriminator = chain(gan.generator), chain(gan.discriminator)
        betas = (recipe.beta_1, recipe.beta_2)
        self._optimizers = [
            torch.optim.Adam(net.parameters(), recipe.learning_rate, betas, fused=True)
            for net in (self._generator, self._discriminator)
        ]
        self._real = _image(torch.from_numpy(batch_of(recipe, shape)[0].numpy()))

    def __call__(self) -> float:
        import torch
        from torch.nn.functional import softplus

        with torch.autocast("cpu", torch.bfloat16):
            fake = self._generator(torch.randn(self._latents))
            real_logits, fake_logits = self._discriminator(self._real), self._discriminator(fake.detach())
        loss = softplus(-real_logits.float()).mean() + softplus(fake_logits.float()).mean()
        self._update(1, loss)
        # Weights of the discriminator need no gradient now, and autograd is told so, as gan_tf's tape is.
        self._discriminator.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16):
            fresh_logits = self._discriminator(fake)
        self._update(0, softplus(-fresh_logits.float()).mean())
        self._discriminator.requires_grad_(True)
        return float(loss.detach())

    def _update(self, which: int, loss: Any) -> None:
        self._optimizers[which].zero_grad(set_to_none=True)
        loss.backward()
        self._optimizers[which].step()
