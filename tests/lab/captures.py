"""Captures for tcpreplay: many HTTP flows, made from one."""

import struct

from os_ken.lib import pcaplib
from os_ken.lib.packet import ethernet, ipv4, packet, tcp

REQUEST = b"GET /static/index.html HTTP/1.1\r\nHost: lab\r\n\r\n"
# (from the client?, flags, payload): a handshake, a request, its answer, the end.
CONVERSATION = (
    (True, tcp.TCP_SYN, b""),
    (False, tcp.TCP_SYN | tcp.TCP_ACK, b""),
    (True, tcp.TCP_ACK, b""),
    (True, tcp.TCP_ACK | tcp.TCP_PSH, REQUEST),
    (False, tcp.TCP_ACK, b""),
    (False, tcp.TCP_ACK | tcp.TCP_PSH, b"x" * 300),
    (True, tcp.TCP_ACK, b""),
    (False, tcp.TCP_ACK | tcp.TCP_PSH, b"x" * 300),
    (True, tcp.TCP_ACK, b""),
    (True, tcp.TCP_ACK | tcp.TCP_FIN, b""),
)
PACKETS_PER_FLOW = len(CONVERSATION)
SOURCE_AT, SOURCE_PORT_AT, TARGET_AT, TARGET_PORT_AT = 26, 34, 30, 36


def conversation(source, target):
    """Frames of one flow; both directions have the same MAC addresses, as if from one port."""
    expected = {True: 1000, False: 5000}
    frames = []
    for client, flags, payload in CONVERSATION:
        ends = (("10.3.0.1", 2000), ("10.4.0.1", 80))
        (src, sport), (dst, dport) = ends if client else ends[::-1]
        built = packet.Packet()
        built.add_protocol(ethernet.ethernet(target, source, 0x0800))
        built.add_protocol(ipv4.ipv4(src=src, dst=dst, proto=6, ttl=64))
        seq, ack = expected[client], expected[not client]
        built.add_protocol(tcp.tcp(sport, dport, seq, ack, bits=flags, window_size=1000))
        built.add_protocol(payload)
        built.serialize()
        frames.append((client, bytearray(built.data)))
        expected[client] += len(payload) + bool(flags & (tcp.TCP_SYN | tcp.TCP_FIN))
    return frames


def write(path, flows, source, target, together=1, offset=0):
    """Writes a capture of so many flows, interleaved `together` at a time. Checksums are not those
    of the addresses: nobody on the way looks. Client addresses begin at 10.3.0.0 + offset."""
    template = conversation(source, target)
    with open(path, "wb") as file:
        writer = pcaplib.Writer(file)
        for first in range(0, flows, together):
            for client, frame in template:
                for number in range(first, min(first + together, flows)):
                    at = SOURCE_AT if client else TARGET_AT
                    port_at = SOURCE_PORT_AT if client else TARGET_PORT_AT
                    address = 0x0A030000 + ((number + offset) >> 14)
                    struct.pack_into("!I", frame, at, address)
                    struct.pack_into("!H", frame, port_at, 2000 + ((number + offset) & 0x3FFF))
                    writer.write_pkt(bytes(frame), ts=0)
