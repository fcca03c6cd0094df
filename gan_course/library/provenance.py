"""What a file says about where it comes from, in XMP, where programs for pictures and films look for it.

XMP is RDF in XML (ISO 16684-1). IPTC's term ``trainedAlgorithmicMedia`` says that a trained model made the content:
https://cv.iptc.org/newscodes/digitalsourcetype/. A PNG carries XMP as a text, an MP4 in a box and a WAV in a chunk of
its own (XMP specification, part 3).
"""

from __future__ import annotations

import struct
import uuid
from xml.sax.saxutils import escape

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_BOX = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")  # of the uuid box of an MP4
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
<xmp:CreatorTool>{tool}</xmp:CreatorTool>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def xmp(tool: str, text: str) -> str:
    """A packet of XMP: made by a trained model, namely by ``tool``, with a description."""
    return _PACKET.format(source=SOURCE_TYPE, tool=escape(tool), text=escape(text))


def with_xmp(content: bytes, packet: str) -> bytes:
    """The bytes of an MP4 or WAV with XMP behind them: players skip boxes and chunks that they do not know."""
    data = packet.encode()
    if content[:4] != b"RIFF":
        return content + struct.pack(">I4s", 24 + len(data), b"uuid") + _BOX.bytes + data
    content += struct.pack("<4sI", b"_PMX", len(data)) + data + bytes(len(data) % 2)
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]
