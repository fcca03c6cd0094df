"""The checksums of an Ogg file: decoders leave damaged pages out, and go on without a word."""

import zlib

_HEAD = 27  # bytes of a page's header before the table of its segments
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def is_whole(content: bytes) -> bool:
    """Tells whether a file is a row of Ogg pages (RFC 3533) whose checksums are right."""
    at = 0
    while at < len(content):
        segments = content[at + _HEAD : at + _HEAD + content[at + 26]] if at + _HEAD <= len(content) else b""
        page = content[at : at + _HEAD + len(segments) + sum(segments)]
        if page[:4] != b"OggS" or len(page) != _HEAD + page[26] + sum(segments):
            return False
        if int.from_bytes(page[22:26], "little") != _checksum(page[:22] + bytes(4) + page[26:]):
            return False
        at += len(page)
    return bool(content)


def _checksum(page: bytes) -> int:
    """Ogg's CRC takes the bits of a byte in the other order than zlib's, and inverts neither its start nor its end."""
    turned = zlib.crc32(page.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)
