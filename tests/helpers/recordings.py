"""Recordings for tests: tones, and what PyAV packs."""

import av
import numpy as np

RATE = 8000


def tone(seconds=0.5, rate=RATE, level=0.5, frequency=440.0):
    t = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * frequency * t)).astype(np.float32)


def packed_by_av(path, sound, rate, codec="libmp3lame", layout="mono", variable=False, **options):
    """Write a recording with PyAV; `write_xing="0"` leaves out the header that tells the length of an MP3."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        if variable:
            stream.codec_context.flags |= av.codec.context.Flags.qscale
            stream.codec_context.global_quality = 4 * 118
        channels = {"mono": 1, "stereo": 2}[layout]
        frame = av.AudioFrame.from_ndarray(np.stack([sound] * channels), "fltp", layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.codec_context.format, layout, rate)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode())
