"""Films for tests: written and read by PyAV, with the peculiarities that real ones have."""

from fractions import Fraction

import av
import numpy as np


def write(path, frames, fps=12.5, codec="libx264", times=None, turned=0, aspect=1, faststart=False, **options):
    """Write uint8 [n, height, width, 3]: `times` in units of a frame, `turned` in degrees, `aspect` of a pixel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = Fraction(fps)
    with av.open(str(path), "w", options={"movflags": "+faststart"} if faststart else {}) as film:
        stream = film.add_stream(codec, rate=rate, options=options or ({"crf": "5"} if codec == "libx264" else {}))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = 4_000_000
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        if turned:
            stream.set_display_rotation(turned)
        for time, picture in zip(range(len(frames)) if times is None else times, frames, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture)).reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = time, 1 / rate
            film.mux(stream.encode(frame))
        film.mux(stream.encode())


def write_sound(path):
    """Write a second of silence, and no picture."""
    with av.open(str(path), "w", format="mp4") as film:
        stream = film.add_stream("aac", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        sound.sample_rate = 8000
        film.mux(stream.encode(sound))
        film.mux(stream.encode())


def read(path):
    """All frames of a film, uint8 [n, height, width, 3]."""
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])
