"""Identities that are harvested from the traffic and told to the controller."""

import json
import time

from lab import COOKIE_IDENTITY
from scenarios import session

MAC_H1, MAC_H2 = "02:00:00:00:01:01", "02:00:00:00:01:02"


def scenario_identity_lldp(lab):
    """A system name becomes known, and the rule on it is installed; no name, no message."""
    session(lab, "identity", "passive")
    lab.on("h1", "frame", "eth0", "lldp", "")
    lab.on("h1", "frame", "eth0", "lldp", "pc1.lab.example")
    body = lab.await_identity("lldp", lambda body: body["detail1"] == "pc1.lab.example")
    assert body["src_mac"] == MAC_H1
    lab.await_entries(COOKIE_IDENTITY, MAC_H1, "set_queue:1", count=2)
    lab.on("h2", "frame", "eth0", "lldp", "server.lab.example")
    lab.await_identity("lldp", lambda body: body["detail1"] == "server.lab.example")
    assert not lab.entries(COOKIE_IDENTITY, MAC_H2)
    assert all(isinstance(body["detail1"], str) for body in lab.identities("lldp"))
    assert not lab.calls("classify", status=500)


def scenario_identity_arp(lab):
    session(lab, "identity", "passive")
    lab.on("h1", "frame", "eth0", "arp", "10.1.0.1,10.1.0.2")
    body = lab.await_identity("arp", lambda body: True)
    assert body["src_mac"] == MAC_H1
    address, mac, target, _ = body["detail1"].split(",")
    assert (address, mac, target) == ("10.1.0.1", MAC_H1, "10.1.0.2"), body


def scenario_identity_dhcp(lab):
    session(lab, "identity", "passive")
    lab.on("h1", "frame", "eth0", "dhcp", "lab-client")
    body = lab.await_identity("dhcp", lambda body: "lab-client" in json.dumps(body["detail1"]))
    assert body["src_mac"] == MAC_H1 and isinstance(body["detail1"], dict)


def scenario_identity_dns(lab):
    """All kinds of answers; each once, though passive mode shows every packet twice."""
    session(lab, "both", "passive")
    for name, kind, expected in (
        ("www.lab.example", "A", {"A": "192.0.2.80"}),
        ("six.lab.example", "AAAA", {"AAAA": "2001:db8::80"}),
        ("alias.lab.example", "A", {"CNAME": "www.lab.example", "A": "192.0.2.80"}),
        ("only-alias.lab.example", "A", {"CNAME": "www.lab.example"}),
    ):
        answer = json.loads(lab.on("h1", "ask", "10.1.0.2", name, "--type", kind))
        assert answer["replies"] == 1
        for kind_there, address in expected.items():
            lab.await_identity(
                "dns",
                lambda body, kind=kind_there, address=address: any(
                    (record["type"], record["address"]) == (kind, address)
                    for record in body["detail1"]
                ),
            )
    time.sleep(0.5)
    told = [
        json.dumps(record, sort_keys=True)
        for body in lab.identities("dns")
        for record in body["detail1"]
        if record["name"] == "six.lab.example"
    ]
    assert len(told) == 1, told
    assert all(body["src_mac"] == MAC_H2 for body in lab.identities("dns"))


def scenario_identity_repeated(lab):
    """The same identity is not told again and again."""
    session(lab, "identity", "passive")
    for _ in range(5):
        lab.on("h1", "frame", "eth0", "lldp", "pc1.lab.example")
        lab.on("h1", "frame", "eth0", "arp", "10.1.0.1,10.1.0.2")
    time.sleep(1)
    assert len(lab.identities("lldp")) == 1
    assert len([b for b in lab.identities("arp") if b["detail1"].startswith("10.1.0.1,")]) == 1
