"""What is advised on traffic, and what becomes of the traffic: passive and active."""

import hashlib
import json
import signal
import time

from lab import (
    BULK_BYTES,
    COOKIE_DPAE,
    COOKIE_SUPPRESS,
    COOKIE_TREATMENT,
    PORT_DPAE,
    PORT_H1,
    TCP_WINDOW,
)
from network import wait_for
from scenarios import needs, session, settle


class Sniffer:
    """What goes to the DPAE ("out") or comes from it ("in"), seen at the switch's end of the wire."""

    def __init__(self, lab, way):
        self._lab, self._capture = lab, lab.folder / f"{way}.pcap"
        self._tcpdump = lab.network.start(
            "sw", "tcpdump", "--immediate-mode", "-U", "-n", "-Z", "root", "-i", "d0", "-Q", way,
            "-w", self._capture,
            log=f"tcpdump-{way}.log",
        )  # fmt: skip
        log = self._tcpdump.log
        wait_for(lambda: "listening" in log.read_text(), 10, "tcpdump")

    def stop(self):
        """The frames so far, as hexadecimal text."""
        self._tcpdump.signal(signal.SIGINT)
        self._tcpdump.wait(5)
        command = ("tcpdump", "-n", "-t", "-q", "-xx", "-r", self._capture)
        found = []
        for line in self._lab.network.run("sw", *command).stdout.splitlines():
            if line.startswith("\t0x"):
                found[-1] += line.split(":", 1)[1].replace(" ", "")
            else:
                found.append("")
        return found


def check_treated(lab, port, queue):
    """Both directions of a flow have a treatment entry with this queue."""
    for text in (f"tp_src={port}", f"tp_dst={port}"):
        [entry] = lab.await_entries(COOKIE_TREATMENT, text, count=1)
        assert f"set_queue:{queue}" in entry and "idle_timeout=30" in entry, entry


def check_suppressed(lab, port):
    for text in (f"tp_src={port}", f"tp_dst={port}"):
        [entry] = lab.await_entries(COOKIE_SUPPRESS, text, count=1)
        assert "idle_timeout=5" in entry, entry


def check_payload(lab):
    """The page that the payload classifier knows is constrained, others are not."""
    for path, treatment, queue in (
        ("/static/index.html", "constrained_bw", 1),
        ("/index.html", "default_priority", 0),
    ):
        status, size, port = lab.curl(path)
        assert status == 200 and size > 0
        advice = lab.await_advice("treatment", port)
        assert (advice["qos_treatment"], advice["actions"]) == (treatment, 1)
        ends = {(advice["ip_A"], advice["tp_A"]), (advice["ip_B"], advice["tp_B"])}
        assert ends == {("10.1.0.1", port), ("10.1.0.2", 80)}, advice
        check_treated(lab, port, queue)
        suppress = lab.await_advice("suppress", port)
        assert suppress["flow_packets"] >= 8
        check_suppressed(lab, port)


def check_statistical(lab):
    """Decided at the seventh packet, suppressed at the eighth."""
    status, _, port = lab.curl("/index.html")
    assert status == 200
    advice = lab.await_advice("treatment", port)
    assert advice["flow_packets"] in (7, 8), advice
    queue = {"default_priority": 0, "constrained_bw": 1}[advice["qos_treatment"]]
    check_treated(lab, port, queue)
    assert lab.await_advice("suppress", port)["flow_packets"] == 8
    check_suppressed(lab, port)


def check_both(lab):
    """Payload speaks first, and the flow is not suppressed before both have finished."""
    status, _, port = lab.curl("/static/index.html")
    assert status == 200
    assert lab.await_advice("treatment", port)["qos_treatment"] == "constrained_bw"
    check_treated(lab, port, 1)
    assert lab.await_advice("suppress", port)["flow_packets"] == 8


DISCOVERY_ETHERTYPE = "204b"


def check_silent(sniffer):
    """Nothing came out of the DPAE since before its session but discovery frames."""
    came = sniffer.stop()
    assert came and all(frame[24:28] == DISCOVERY_ETHERTYPE for frame in came), came


def check_in_path(lab):
    """Active: packets go through the DPAE, once each."""
    settle(lab)
    assert lab.ping(40) == (40, 40, 0)
    returned = lab.switch.port(PORT_DPAE)["rx"]
    lab.ping(10)
    assert lab.switch.port(PORT_DPAE)["rx"] - returned >= 20
    copies = lab.entries(COOKIE_DPAE, "table=3", f"actions=output:{PORT_DPAE}")
    assert len(copies) == 2, copies


def scenario_passive_payload(lab):
    sniffer = Sniffer(lab, "in")
    session(lab, "payload", "passive")
    check_payload(lab)
    check_silent(sniffer)


def scenario_passive_statistical(lab):
    sniffer = Sniffer(lab, "in")
    session(lab, "statistical", "passive")
    check_statistical(lab)
    check_silent(sniffer)


def scenario_passive_both(lab):
    sniffer = Sniffer(lab, "in")
    session(lab, "both", "passive")
    check_both(lab)
    check_silent(sniffer)


def scenario_active_payload(lab):
    session(lab, "payload", "active")
    check_in_path(lab)
    check_payload(lab)


def scenario_active_statistical(lab):
    session(lab, "statistical", "active")
    check_in_path(lab)
    check_statistical(lab)


def scenario_active_both(lab):
    session(lab, "both", "active")
    check_in_path(lab)
    check_both(lab)


def scenario_refused_url(lab):
    """A page that does not exist is a request like any other."""
    session(lab, "payload", "passive")
    status, _, port = lab.curl("/nowhere")
    assert status == 404
    assert lab.await_advice("treatment", port)["qos_treatment"] == "default_priority"


@needs(seconds=180)
def scenario_suppress(lab):
    """A suppressed flow's packets stay away from the DPAE; the suppression is renewed."""
    session(lab, "payload", "passive")
    slow = lab.start_on("h1", "trickle", "10.1.0.2", "/bulk", 20, 0.02, log="trickle.log")
    port = int(wait_for(slow.log.read_text, 5, "the connection"))
    lab.await_advice("suppress", port)
    check_suppressed(lab, port)
    time.sleep(0.5)
    before, carried = lab.switch.port(PORT_DPAE)["tx"], lab.switch.port(PORT_H1)["tx"]
    time.sleep(3)
    seen = lab.switch.port(PORT_DPAE)["tx"] - before
    carried = lab.switch.port(PORT_H1)["tx"] - carried
    assert carried > 100 and seen < carried / 20, f"the DPAE saw {seen} of {carried}"
    first = len(lab.advice("suppress"))
    # Silence for longer than the entries live; the next packet has to suppress the flow again.
    slow.signal(signal.SIGSTOP)  # the receive window closes, probes come rarely
    wait_for(lambda: not lab.entries(COOKIE_SUPPRESS, str(port)), 40, "the entries gone idle")
    slow.signal(signal.SIGCONT)
    wait_for(lambda: len(lab.advice("suppress")) > first, 10, "the suppression renewed")
    check_suppressed(lab, port)


def transfer(lab):
    """Downloads 100 MB; returns (port, segments out of order, segments sent again)."""
    before = {host: lab.counters(host) for host in ("h1", "h2")}
    copy = lab.folder / "copy"
    status, size, port = lab.curl("/bulk", to=copy, seconds=90)
    assert (status, size) == (200, BULK_BYTES)
    original = hashlib.sha256((lab.folder / "www" / "bulk").read_bytes()).digest()
    assert hashlib.sha256(copy.read_bytes()).digest() == original

    def more(host, name):
        return lab.counters(host)[name] - before[host][name]

    return port, more("h1", "TcpExt.TCPOFOQueue"), more("h2", "Tcp.RetransSegs")


@needs(seconds=180)
def scenario_active_transfer(lab):
    """100 MB of a flow that is soon suppressed: what is on its way then may be overtaken."""
    session(lab, "both", "active")
    settle(lab)
    before = lab.switch.port(PORT_DPAE)
    port, overtaken, repeated = transfer(lab)
    lab.await_advice("treatment", port)
    lab.await_advice("suppress", port)
    after = lab.switch.port(PORT_DPAE)
    # Broadcasts and copies of identity packets are not returned.
    kept = (after["tx"] - before["tx"]) - (after["rx"] - before["rx"])
    assert 0 <= kept < 20, f"{kept} frames did not come back from the DPAE"
    # What is overtaken looks lost to the sender, who sends it again, on a busy machine more than once.
    window = TCP_WINDOW / 1448
    assert overtaken <= window and repeated <= 2 * window, (overtaken, repeated)


@needs(seconds=180)
def scenario_active_transfer_through(lab):
    """100 MB and a numbered stream through the DPAE: nothing lost, doubled or out of order."""
    session(lab, "both", "active", suppress_flow_pkt_count_initial=1_000_000_000)
    settle(lab)
    returned = lab.switch.port(PORT_DPAE)["rx"]
    _, overtaken, repeated = transfer(lab)
    assert lab.switch.port(PORT_DPAE)["rx"] - returned > BULK_BYTES / 1448
    # A last segment is sent again when its acknowledgement takes long (RFC 8985, 7).
    assert overtaken == 0 and repeated < 20, (overtaken, repeated)

    sink = lab.start_on("h2", "sink", log="sink.log")
    wait_for(lambda: "ready" in sink.log.read_text(), 10, "the sink")
    lab.on("h1", "stream", "10.1.0.2", 10000, 2000)
    sink.wait(10)
    found = json.loads(sink.log.read_text().splitlines()[-1])
    assert (found["received"], found["duplicates"], found["reordered"]) == (10000, 0, 0), found


def exchanged(lab):
    """Frames that went to the DPAE and that came from it, while the hosts did this and that."""
    settle(lab)
    given, returned = Sniffer(lab, "out"), Sniffer(lab, "in")
    lab.ping(10)
    lab.ping(3, extra=("-s", "1472", "-M", "do"))
    lab.curl("/index.html")
    lab.on("h1", "frame", "eth0", "lldp", "pc1.lab.example")
    lab.on("h1", "frame", "eth0", "arp", "10.1.0.1,10.1.0.9")
    lab.ping(3, interval=0.2, server="10.1.0.255", extra=("-b",))
    time.sleep(1)
    return given.stop(), returned.stop()


def check_returned(given, returned):
    """Each frame came back as it was, in order; group addresses and LLDP never."""
    grouped = [frame for frame in given if int(frame[:2], 16) & 1]
    assert len(grouped) >= 5, "group-addressed frames were to be among those given"
    wanted = [frame for frame in given if frame not in grouped]
    assert len(wanted) >= 30
    assert returned == wanted, f"{len(given)} given, {len(wanted)} wanted, {len(returned)} returned"


def scenario_active_bytes(lab):
    session(lab, "both", "active")
    check_returned(*exchanged(lab))


def scenario_active_vlan(lab):
    """Tagged traffic in active mode keeps its tag, and is classified like any other."""
    session(lab, "payload", "active", vlan=7)
    given, returned = exchanged(lab)
    assert all(frame[24:32] == "81000007" for frame in given), "the lab was to tag all frames"
    check_returned(given, returned)
    assert lab.ping(40) == (40, 40, 0)
    check_payload(lab)


def scenario_active_without_classifier(lab):
    """Identities only: nothing is diverted, and nothing is sent back."""
    sniffer = Sniffer(lab, "in")
    session(lab, "identity", "active")
    assert not lab.entries(COOKIE_DPAE, "table=3")
    assert lab.ping(10) == (10, 10, 0)
    answer = json.loads(lab.on("h1", "ask", "10.1.0.2", "www.lab.example"))
    assert answer["replies"] == 1
    check_silent(sniffer)


def scenario_active_dns(lab):
    """A query in active mode reaches the server once, and so does the answer the client."""
    session(lab, "both", "active")
    for _ in range(3):
        answer = json.loads(lab.on("h1", "ask", "10.1.0.2", "www.lab.example"))
        assert answer["replies"] == 1, answer
    lab.await_identity("dns", lambda body: body["detail1"][0]["address"] == "192.0.2.80")


@needs(seconds=180)
def scenario_active_controller_restart(lab):
    """Without a session nothing is returned; with the next one the hosts are found again."""
    session(lab, "both", "active")
    settle(lab)
    lab.controller.kill()
    time.sleep(6)  # keepalives have failed
    before = lab.switch.port(PORT_DPAE)["rx"]
    assert lab.ping(5)[1] == 0
    assert lab.switch.port(PORT_DPAE)["rx"] == before, "frames were returned without a session"
    restarted = time.time()
    lab.start_controller()
    ready = lab.switch_connected(since=restarted)
    assert lab.joined(since=restarted) - ready < 3.0
    settle(lab)
    assert lab.ping(40) == (40, 40, 0)
