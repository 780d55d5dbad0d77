#!/usr/bin/python3
"""What the hosts of the lab do: serve, ask, send frames, stream. Runs in a host's namespace."""

import argparse
import functools
import json
import socket
import struct
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import dns.flags
import dns.message
import dns.rrset

ADDRESSES = {
    "www.lab.example.": [("www.lab.example.", 300, "A", "192.0.2.80")],
    "six.lab.example.": [("six.lab.example.", 300, "AAAA", "2001:db8::80")],
    "alias.lab.example.": [
        ("alias.lab.example.", 60, "CNAME", "www.lab.example."),
        ("www.lab.example.", 300, "A", "192.0.2.80"),
    ],
    "only-alias.lab.example.": [("only-alias.lab.example.", 60, "CNAME", "www.lab.example.")],
}
# Names of addresses that h2 may get, so that flows to them fall to different workers.
for last in range(20, 28):
    name = f"server{last}.lab.example."
    ADDRESSES[name] = [(name, 60, "A", f"10.1.0.{last}")]
STREAM_PORT = 7007
SO_RCVBUFFORCE = 33  # of Linux; Python does not name it


class Quiet(SimpleHTTPRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format, *args):
        pass


class WebServer(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


def serve(options):
    """A web server on port 80 and a DNS server on port 53, until killed."""
    handler = functools.partial(Quiet, directory=options.root)
    web = WebServer(("", 80), handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("", 53))
    print("ready", flush=True)
    while True:
        data, client = names.recvfrom(4096)
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        for name, ttl, kind, value in ADDRESSES.get(query.question[0].name.to_text(), []):
            reply.answer.append(dns.rrset.from_text(name, ttl, "IN", kind, value))
        names.sendto(reply.to_wire(), client)


def ask(options):
    """Sends one DNS query; prints how many replies came within a second, and what they said."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((options.server, 53))
    sock.send(dns.message.make_query(options.name, options.type).to_wire())
    replies, until = [], time.monotonic() + 1
    while (left := until - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            reply = dns.message.from_wire(sock.recv(4096))
            replies.append(
                [text for answer in reply.answer for text in answer.to_text().split("\n")]
            )
        except TimeoutError:
            break
    print(json.dumps({"replies": len(replies), "answers": replies[:1]}))


def frame(options):
    """Sends one frame of a kind, built with os-ken's packet library."""
    from os_ken.lib.packet import arp, dhcp, ethernet, ipv4, lldp, packet, udp

    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((options.interface, 0))
    own = sock.getsockname()[4]
    mac = own.hex(":")
    built = packet.Packet()
    if options.kind == "lldp":
        tlvs = [
            lldp.ChassisID(subtype=lldp.ChassisID.SUB_MAC_ADDRESS, chassis_id=own),
            lldp.PortID(subtype=lldp.PortID.SUB_LOCALLY_ASSIGNED, port_id=b"1"),
            lldp.TTL(ttl=120),
        ]  # fmt: skip
        if options.name:
            tlvs.append(lldp.SystemName(system_name=options.name.encode()))
        tlvs.append(lldp.End())
        built.add_protocol(ethernet.ethernet("01:80:c2:00:00:0e", mac, 0x88CC))
        built.add_protocol(lldp.lldp(tlvs))
    elif options.kind == "dhcp":
        said = [
            dhcp.option(tag=dhcp.DHCP_MESSAGE_TYPE_OPT, value=b"\x01"),
            dhcp.option(tag=12, value=options.name.encode()),
        ]
        built.add_protocol(ethernet.ethernet("ff:ff:ff:ff:ff:ff", mac, 0x0800))
        built.add_protocol(ipv4.ipv4(src="0.0.0.0", dst="255.255.255.255", proto=17, ttl=64))
        built.add_protocol(udp.udp(68, 67))
        built.add_protocol(
            dhcp.dhcp(op=dhcp.DHCP_BOOT_REQUEST, chaddr=mac, options=dhcp.options(said))
        )
    elif options.kind == "arp":
        sender, target = options.name.split(",")
        built.add_protocol(ethernet.ethernet("ff:ff:ff:ff:ff:ff", mac, 0x0806))
        built.add_protocol(arp.arp(opcode=1, src_mac=mac, src_ip=sender, dst_ip=target))
    built.serialize()
    sock.send(bytes(built.data).ljust(60, b"\0"))


def stream(options):
    """Sends numbered datagrams at a rate; what is late is not caught up with in a burst."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((options.server, STREAM_PORT))
    start = time.monotonic()
    for number in range(options.count):
        ahead = start + number / options.rate - time.monotonic()
        if ahead > 0.0005:
            time.sleep(ahead)
        elif ahead < 0:
            start -= ahead
        try:
            sock.send(struct.pack("!Q", number).ljust(64, b"."))
        except ConnectionRefusedError:
            pass


def sink(options):
    """Takes numbered datagrams until none came for a second; prints what was wrong with them."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.bind(("", STREAM_PORT))
    print("ready", flush=True)
    seen, duplicates, reordered, highest, silences = set(), 0, 0, -1, []
    last = None
    sock.settimeout(options.seconds)
    while True:
        try:
            (number,) = struct.unpack_from("!Q", sock.recv(2048))
        except TimeoutError:
            break
        now = time.monotonic()
        if last is not None and now - last > 0.1:
            silences.append(round(now - last, 3))
        last = now
        sock.settimeout(options.quiet)
        duplicates += number in seen
        reordered += number < highest
        highest = max(highest, number)
        seen.add(number)
    found = {"received": len(seen), "duplicates": duplicates, "reordered": reordered}
    print(json.dumps({**found, "silences": silences}), flush=True)


def trickle(options):
    """Downloads a path over one TCP connection, in pieces with a pause after each."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((options.server, 80))
    print(sock.getsockname()[1], flush=True)
    sock.sendall(f"GET {options.path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n".encode())
    until = time.monotonic() + options.seconds
    while time.monotonic() < until and sock.recv(2000):
        time.sleep(options.pause)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(required=True)

    def verb(function, *arguments):
        sub = verbs.add_parser(function.__name__, help=function.__doc__)
        sub.set_defaults(function=function)
        for name, keywords in arguments:
            sub.add_argument(name, **keywords)

    verb(serve, ("root", {}))
    verb(ask, ("server", {}), ("name", {}), ("--type", {"default": "A"}))
    verb(frame, ("interface", {}), ("kind", {}), ("name", {"nargs": "?", "default": ""}))
    verb(stream, ("server", {}), ("count", {"type": int}), ("rate", {"type": float}))
    verb(
        sink,
        ("--seconds", {"type": float, "default": 30}),
        ("--quiet", {"type": float, "default": 1}),
    )
    verb(
        trickle,
        ("server", {}),
        ("path", {}),
        ("seconds", {"type": float}),
        ("pause", {"type": float}),
    )
    options = parser.parse_args()
    options.function(options)


if __name__ == "__main__":
    main()
