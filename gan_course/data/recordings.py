"""One recording as samples: soundfile and PyAV decode it, block by block, and load when first used."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gan_course.data.dataset import DataError

MAX_SECONDS = 60.0  # of one recording, unless more is allowed
MAX_RATE = 768_000  # Hz, as recorders go; a damaged header can say billions
BLOCK = 1 << 18  # samples that are decoded at once
# What FFmpeg, which is inside PyAV, may take a file for: MP3, AAC and M4A; libsndfile reads the others.
FORMATS = "mp3,aac,mov"


def read(file: str | Path | BinaryIO, sample_rate: int, max_seconds: float = MAX_SECONDS) -> np.ndarray:
    """Reads one recording as mono at the wanted rate.

    WAV (8 to 32 bits, or floats), FLAC, OGG and what else libsndfile reads; MP3 and AAC (also in M4A) by PyAV; several
    channels are averaged. It is read in blocks: a long one needs memory only for the result.

    Args:
        file: A path or an open file. What it holds is seen from its bytes, not from its name.
        sample_rate: The rate wanted, in Hz.
        max_seconds: A longer recording is refused, before it is read where its header says how long it is.

    Returns:
        float32 [samples].

    Raises:
        DataError: It is missing, no recording, damaged, empty, too short or too long, or holds NaN.
    """
    import librosa
    import soxr

    blocks, length, stream = [], 0, None
    for block, rate in _blocks(file, max_seconds):
        length += len(block)
        _check_seconds(length / rate, max_seconds)
        if not np.isfinite(block).all():
            raise DataError("holds NaN or infinite samples")
        if rate != sample_rate:  # As librosa.resample does, which takes only whole sounds.
            stream = stream or soxr.ResampleStream(rate, sample_rate, 1, dtype="float32", quality="HQ")
            block = stream.resample_chunk(block)
        blocks.append(block)
    if length < 2:
        raise DataError(f"holds {length} samples: no sound")
    if stream:
        blocks.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    return librosa.util.fix_length(np.concatenate(blocks), size=math.ceil(length * sample_rate / rate))


def _check_seconds(seconds: float, most: float) -> None:
    if seconds > most:
        raise DataError(f"lasts {seconds:,.0f} s, more than the {most:,g} s allowed; cut it into pieces")


def _checked_rate(rate: int) -> int:
    if not 1 <= rate <= MAX_RATE:
        raise DataError(f"says {rate:,} samples a second, more than the {MAX_RATE:,} allowed")
    return rate


def _blocks(file: str | Path | BinaryIO, max_seconds: float) -> Iterator[tuple[np.ndarray, int]]:
    """Yields the samples of a recording, float32 [any number], the mean of its channels; and their rate."""
    import soundfile

    reason = ""
    try:
        recording = soundfile.SoundFile(str(file) if isinstance(file, Path) else file)
    except soundfile.LibsndfileError as error:
        reason = error.error_string
    else:
        with recording:
            if recording.format != "MP3":  # There libsndfile trusts a length that is an estimate, or guessed.
                yield from _exact(recording, max_seconds)
                return
    yield from _compressed(file, reason)


def _exact(recording, max_seconds: float) -> Iterator[tuple[np.ndarray, int]]:
    """The blocks of a file whose header says how long it is, by libsndfile."""
    import soundfile

    rate, length = _checked_rate(recording.samplerate), 0
    _check_seconds(recording.frames / rate, max_seconds)
    try:
        while len(block := recording.read(BLOCK, dtype="float32", always_2d=True)):
            length += len(block)
            yield block.mean(axis=1), rate
    except soundfile.LibsndfileError as error:
        raise DataError(f"is damaged: {error.error_string}") from error
    if length != recording.frames:
        raise DataError(f"is damaged: {length:,} of {recording.frames:,} samples can be read")


def _compressed(file: str | Path | BinaryIO, reason: str) -> Iterator[tuple[np.ndarray, int]]:
    """The blocks of an MP3, AAC or M4A to its end, by PyAV; `reason` is why libsndfile refused it."""
    import av

    if hasattr(file, "seek"):
        file.seek(0)
    # An absolute path, since "a:b.mp3" would name a protocol.
    source = file if hasattr(file, "read") else str(Path(file).absolute())
    allowed = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(source, options=allowed, metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise DataError(f"no recording that can be read: {reason or error.strerror}") from error
    with container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or stream.codec_context is None:
            raise DataError("no recording that can be read: it holds no sound, or needs a codec that PyAV lacks")
        rate = None
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except av.FFmpegError as error:
                if stream.codec_context.name.startswith("mp3"):  # Other things may stand between and after its frames.
                    continue
                raise DataError(f"is damaged ({error.strerror})") from error
            for frame in decoded:
                rate = rate or _checked_rate(frame.sample_rate)
                if frame.sample_rate != rate:
                    raise DataError(f"changes its rate from {rate:,} to {frame.sample_rate:,} samples a second")
                yield _mono(frame), rate


def _mono(frame) -> np.ndarray:
    """A decoded frame as float32 [samples] in [-1, 1]."""
    values = frame.to_ndarray()  # (channels, samples), or (1, all of them in turn)
    if frame.format.is_packed:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if values.dtype.kind != "f":
        values = values / -float(np.iinfo(values.dtype).min)
    return values.mean(axis=0, dtype=np.float32)
