"""Dialogue: words and their grammar, scores of texts, and the networks that write and read them."""

from gan_course.dialogue.nets import GumbelChoice, forced, text_discriminator, text_generator, text_likelihood

__all__ = ["GumbelChoice", "forced", "text_discriminator", "text_generator", "text_likelihood"]
