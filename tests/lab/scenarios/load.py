"""How much, how fast: figures, and the bars that they have to keep. For hand: they want the machine
for themselves.
"""

import json
import os
import re
import signal
import time

import captures
from lab import PORT_DPAE
from network import wait_for
from scenarios import needs, session

HOST, OTHER = "02:00:00:00:01:01", "02:00:00:00:01:02"
TOTALS = re.compile(
    r"ended: (?P<received>\d+) packets received \((?P<classes>[^)]*)\), "
    r"(?P<dropped>\d+) dropped by the kernel, (?P<flows>\d+) flows, "
    r"(?P<returned>\d+) returned, (?P<failed>\d+) not returned, "
    r"\d+ suppressions, (?P<lost>\d+) events lost"
)


def totals(lab):
    """Ends the DPAE; what it says it has done."""
    lab.dpae.signal(signal.SIGTERM)
    assert lab.dpae.wait(10) == 0
    found = TOTALS.search(lab.dpae.log.read_text())
    assert found, "the log was to end with totals"
    figures = found.groupdict()
    classes = sum(int(number) for number in re.findall(r"\d+", figures.pop("classes")))
    figures = {name: int(value) for name, value in figures.items()}
    assert classes == figures["received"], "what was received was to be processed"
    return figures


def replay(lab, space, interface, capture, rate, loops=1):
    """Sends a capture; returns (packets, packets a second) that tcpreplay reached."""
    speed = ("--topspeed",) if rate is None else (f"--pps={rate}",)
    done = lab.network.run(
        space, "tcpreplay", "-q", "-K", *speed, f"--loop={loops}", "-i", interface, capture,
        timeout=120,
    )  # fmt: skip
    text = done.stdout + done.stderr
    packets = int(re.search(r"Successful packets:\s+(\d+)", text).group(1))
    return packets, float(re.search(r"([\d.]+) pps", text).group(1))


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def received_at(lab, space, interface, way="rx"):
    stats = json.loads(lab.network.run(space, "ip", "-j", "-s", "link", "show", interface).stdout)
    return stats[0]["stats64"][way]["packets"]


def unplugged(lab, mode, flows=100000, together=1000):
    """A session, the switch's end of the DPAE's cable free for tcpreplay, and a capture for it."""
    session(lab, "both", mode, flow_table_size=500000)
    lab.switch.vsctl("del-port", "br0", "d0")
    lab.network.ip("sw", "link", "set", "d0", "up")
    capture = lab.folder / "flows.pcap"
    captures.write(capture, flows, HOST, OTHER, together)
    return capture


@needs(seconds=240, slow=True)
def scenario_latency(lab):
    """1000 new flows a second: from the packet that decided to the request at the controller."""
    flows = 10000
    capture = unplugged(lab, "passive", flows, together=50)
    lab.order("instant")
    replay(lab, "sw", "d0", capture, 1000 * captures.PACKETS_PER_FLOW)
    time.sleep(5)
    ends = ("ip_A", "tp_A", "ip_B", "tp_B")
    decided = {}
    for line in (lab.folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["type"] == "verdict" and "treatment" in event["action"]:
            decided[tuple(event[end] for end in ends)] = event["time"]
    told = {}
    for call in lab.calls("classify"):
        if "treatment" in call.body["type"]:
            told[tuple(call.body[end] for end in ends)] = call.t
    delays = [told[flow] - decided[flow] for flow in decided if flow in told]
    figures = {f"p{part}": round(1000 * percentile(delays, part / 100), 1) for part in (50, 95, 99)}
    print(f"lab: latency: {len(decided)} verdicts, {len(told)} told, ms: {figures}")
    assert len(told) == len(decided) == flows
    assert percentile(delays, 0.95) < 0.020, figures


@needs(seconds=300, slow=True)
def scenario_load_passive(lab):
    """200 000 packets a second, both classifiers: nothing lost, nothing unaccounted for."""
    capture = unplugged(lab, "passive")
    before = received_at(lab, "dpae", "dp0")
    sent, rate = replay(lab, "sw", "d0", capture, 200000, loops=3)
    time.sleep(2)
    arrived = received_at(lab, "dpae", "dp0") - before
    found = totals(lab)
    print(f"lab: load_passive: {sent} sent at {rate:.0f}/s, {arrived} arrived, {found}")
    assert rate > 190000, f"tcpreplay reached {rate:.0f} packets a second only"
    assert found["dropped"] == 0
    assert arrived <= found["received"] <= arrived + 1000


@needs(seconds=300, slow=True)
def scenario_load_ceiling(lab):
    """As fast as tcpreplay can: what is not received is counted as dropped."""
    capture = unplugged(lab, "passive")
    before = received_at(lab, "dpae", "dp0")
    sent, rate = replay(lab, "sw", "d0", capture, None, loops=5)
    time.sleep(2)
    arrived = received_at(lab, "dpae", "dp0") - before
    found = totals(lab)
    print(f"lab: load_ceiling: {sent} sent at {rate:.0f}/s, {arrived} arrived, {found}")
    assert arrived <= found["received"] + found["dropped"] <= arrived + 1000


@needs(seconds=300, slow=True)
def scenario_load_active(lab):
    """100 000 packets a second go back; what does not is counted as dropped."""
    capture = unplugged(lab, "active")
    before = received_at(lab, "sw", "d0")
    sent, rate = replay(lab, "sw", "d0", capture, 110000)
    time.sleep(2)
    back = received_at(lab, "sw", "d0") - before
    found = totals(lab)
    print(f"lab: load_active: {sent} sent at {rate:.0f}/s, {back} came back, {found}")
    assert rate * back / sent > 100000, f"{rate * back / sent:.0f} packets a second only"
    assert back == found["returned"] and found["failed"] == 0
    assert sent <= back + found["dropped"] <= sent + 100


def usage(lab):
    """(resident KiB, open descriptors) of the DPAE's control process."""
    with open(f"/proc/{lab.dpae.pid}/status", encoding="ascii") as file:
        resident = int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
    return resident, len(os.listdir(f"/proc/{lab.dpae.pid}/fd"))


@needs(seconds=900, slow=True)
def scenario_restarts(lab):
    """50 controller restarts: each ends in a session, and memory and descriptors stay flat."""
    session(lab, "both", "active", keepalive_interval=0.3)
    used, rejoins = [], []
    for number in range(50):
        lab.controller.kill()
        time.sleep(0.2)
        restarted = time.time()
        lab.start_controller()
        ready = lab.switch_connected(since=restarted)
        rejoins.append(lab.joined(since=restarted) - ready)
        wait_for(lambda: lab.ping(1)[1] == 1, 10, "a ping after the rejoin")
        if number >= 10:
            used.append(usage(lab))
        (lab.folder / "journal.jsonl").unlink()
    figures = f"{min(rejoins):.2f} to {max(rejoins):.2f} s"
    print(f"lab: restarts: rejoined after {figures}; KiB and descriptors {used[0]} to {used[-1]}")
    assert max(rejoins) < 3.0, figures
    assert used[-1][0] < used[0][0] + 512 and used[-1][1] <= used[0][1], used
    assert lab.switch.port(PORT_DPAE)["rx"] > 0
