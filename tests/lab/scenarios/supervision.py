"""Workers and interfaces that fail: the session goes on, and so does the traffic."""

import ipaddress
import json
import os
import signal
import time

from lab import PORT_DPAE
from network import run, wait_for
from scenarios import needs, session, settle


def alive(pid):
    """Whether a process runs; one that nobody has reaped does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def scenario_worker_killed(lab):
    """A worker that is killed under load is replaced within a second; the session goes on."""
    session(lab, "both", "active")
    settle(lab)
    sink = lab.start_on("h2", "sink", log="sink.log")
    wait_for(lambda: "ready" in sink.log.read_text(), 10, "the sink")
    stream = lab.start_on("h1", "stream", "10.1.0.2", 10000, 2000, log="stream.log")
    time.sleep(1)
    [worker] = lab.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: lab.workers() not in ([], [worker]), 1, "another worker")
    assert stream.wait(10) == 0
    sink.wait(10)
    found = json.loads(sink.log.read_text().splitlines()[-1])
    assert found["duplicates"] == 0 and found["received"] > 8000, found
    assert all(silence < 1.0 for silence in found["silences"]), found
    assert len(lab.calls("create")) == 1, "the session was to go on"
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)


def scenario_without_output(lab):
    """Nothing depends on the file of events: verdicts are told at once, a worker finds its flows."""
    keep_flows(lab, output=None)
    done = time.time()
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)
    told = [c.t for c in lab.calls("classify", since=done) if port in c.body.values()]
    assert told[0] - done < 0.5, told


def scenario_worker_killed_keeps_flows(lab):
    """A flow that the dead worker had counted goes on being counted where it was."""
    keep_flows(lab)


def keep_flows(lab, **settings):
    session(lab, "statistical", "passive", suppress_flow_pkt_count_backoff=20, **settings)
    slow = lab.start_on("h1", "trickle", "10.1.0.2", "/bulk", 15, 0.05, log="trickle.log")
    port = int(wait_for(slow.log.read_text, 5, "the connection"))
    lab.await_advice("treatment", port)
    [worker] = lab.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: lab.workers() not in ([], [worker]), 2, "another worker")
    time.sleep(2)
    treatments = [body for body in lab.advice("treatment") if port in body.values()]
    assert len(treatments) == 1, treatments


@needs(seconds=180)
def scenario_worker_dies_again_and_again(lab):
    """Restarts back off, log and status say so, and what it saw is kept."""
    session(lab, "both", "active", suppress_flow_pkt_count_initial=1_000_000_000)
    settle(lab)
    stream = lab.start_on("h1", "stream", "10.1.0.2", 5000, 200, log="stream.log")
    started, deaths = "dp0: capturing, worker 0", []

    def received():
        return lab.status()["interfaces"][0]["workers"][0]["received"]

    while len(deaths) < 6:
        before = received()
        wait_for(lambda: lab.dpae.log.read_text().count(started) > len(deaths), 15, "a worker")
        wait_for(lambda before=before: received() > before + 5, 5, "datagrams at the worker")
        [worker] = lab.workers()
        os.kill(worker, signal.SIGKILL)
        deaths.append(time.monotonic())
    gaps = [later - earlier for earlier, later in zip(deaths, deaths[1:])]
    assert max(gaps) > 2 * gaps[0], gaps
    [loud] = [reason for reason in lab.status()["reasons"] if "DIES AGAIN AND AGAIN" in reason]
    capture = lab.status()["interfaces"][0]["workers"][0]["crash_capture"]
    assert capture in loud, loud
    datagrams = run("tcpdump", "-nr", capture, "udp and dst host 10.1.0.2").stdout.splitlines()
    assert datagrams, f"no datagram of the stream in {capture}"
    assert lab.health()[0] == 503
    assert len(lab.calls("create")) == 1, "the session was to go on"
    stream.wait(30)
    wait_for(lambda: lab.dpae.log.read_text().count(started) > 6, 15, "a worker after all")
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)


def scenario_control_killed(lab):
    """When the control process dies, no worker stays behind."""
    session(lab, "both", "active")
    workers = lab.workers()
    assert workers
    lab.dpae.kill()
    wait_for(lambda: not any(map(alive, workers)), 3, "no workers")


# What starting a worker again takes: kill, setgid, setuid, setpcap, net_admin, net_raw, ipc_lock.
KEPT_CAPABILITIES = sum(1 << number for number in (5, 6, 7, 8, 12, 13, 14))


def scenario_privileges(lab):
    """Workers run as nobody, confined, without capabilities; every thread of the control process has few."""
    session(lab, "both", "active")
    [worker] = lab.workers()

    def unprivileged():
        with open(f"/proc/{worker}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        capable = int(status["CapEff"], 16) | int(status["CapPrm"], 16)
        confined = status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1"
        return "0" not in status["Uid"].split() and capable == 0 and confined

    wait_for(unprivileged, 3, "a worker without privileges")
    threads = os.listdir(f"/proc/{lab.dpae.pid}/task")
    assert len(threads) >= 2, threads
    for thread in threads:
        with open(f"/proc/{lab.dpae.pid}/task/{thread}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        assert int(status["CapPrm"], 16) == KEPT_CAPABILITIES, (thread, status["CapPrm"])


def scenario_interface_down_up(lab):
    """An interface that goes down and comes back is picked up again."""
    session(lab, "both", "active")
    for pause in (0.2, 3):
        lab.network.ip("dpae", "link", "set", "dp0", "down")
        time.sleep(pause)
        assert lab.dpae.running()
        lab.network.ip("dpae", "link", "set", "dp0", "up")
        wait_for(lambda: lab.ping(3)[1] == 3, 15, "frames returned again")
        _, _, port = lab.curl("/static/index.html")
        lab.await_advice("treatment", port)


def scenario_interface_made_anew(lab):
    """One that is deleted and made again is captured on, and joined on, again."""
    session(lab, "payload", "passive")
    lab.network.ip("dpae", "link", "del", "dp0")
    wait_for(lambda: "gone or down" in lab.dpae.log.read_text(), 5, "a word on dp0")
    lab.switch.vsctl("del-port", "br0", "d0")
    lab.network.wire(("dpae", "dp0", None, "02:00:00:00:02:01"), ("sw", "d0", None, None))
    port = f"ofport_request={PORT_DPAE}"
    lab.switch.vsctl("add-port", "br0", "d0", "--", "set", "interface", "d0", port)
    lab.controller.kill()
    restarted = time.time()
    lab.start_controller()
    lab.switch_connected(since=restarted)
    lab.joined(seconds=15, since=restarted)
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)


def scenario_interface_missing(lab):
    """An interface that does not exist is a mistake in the configuration: it says so and ends."""
    lab.start_dpae(sniff_if_names="dp9")
    assert lab.dpae.wait(5) != 0
    assert "dp9" in lab.dpae.log.read_text()


def scenario_interface_down_at_start(lab):
    """One that is down is picked up when it comes up."""
    lab.start_controller("both", "passive")
    lab.start_switch()
    lab.network.ip("dpae", "link", "set", "dp0", "down")
    lab.start_dpae()
    time.sleep(2)
    assert lab.dpae.running()
    assert "dp0" in lab.dpae.log.read_text(), "the log was to say that dp0 is down"
    lab.network.ip("dpae", "link", "set", "dp0", "up")
    lab.joined(seconds=15)


def scenario_one_daemon_per_interface(lab):
    """A second daemon on the same interface refuses to start."""
    session(lab, "both", "passive")
    first = lab.dpae
    lab.start_dpae()
    assert lab.dpae.wait(5) != 0
    lab.dpae = first
    assert first.running()
    assert len(lab.calls("create")) == 1


@needs(seconds=180)
def scenario_several_workers(lab):
    """Two workers share an interface: each flow is advised on once."""
    session(lab, "both", "active", workers_per_interface=2)
    assert len(lab.workers()) == 2
    settle(lab)
    assert lab.ping(40) == (40, 40, 0)
    for number in range(10, 20):
        lab.network.ip("h1", "address", "add", f"10.1.0.{number}/24", "dev", "eth0")
        done = lab.network.run(
            "h1", "curl", "-s", "-o", "/dev/null", "-w", "%{local_port}", "--interface",
            f"10.1.0.{number}", "http://10.1.0.2/static/index.html",
        )  # fmt: skip
        port = int(done.stdout)
        lab.await_advice("treatment", port)
    time.sleep(0.5)
    pairs = [(b["ip_A"], b["tp_A"]) for b in lab.advice("treatment")]
    assert len(pairs) == len(set(pairs)) == 10, pairs


BY_NAME = """
local HIGH = { qos_treatment = "high_priority" }
local function classifier(_, flow)
  flow.finalised = true
  if flow.server_name == "server" .. flow.server:match("%d+$") .. ".lab.example" then
    return HIGH
  end
end
return { new = function() return { classifier = classifier } end }
"""


def worker_of(one, other, workers=2):
    """The worker that gets the packets between two IPv4 addresses: core/capture/live_filter.c."""
    total = sum(int(ipaddress.ip_address(address)) for address in (one, other))
    return (total * 2654435761 & 0xFFFFFFFF) // 2**16 % workers


def scenario_names_are_shared(lab):
    """A name that one worker learned is known to the other."""
    folder = lab.own_classifiers(statistical_qos_bandwidth_1=BY_NAME)
    session(lab, "both", "passive", classifiers_directory=str(folder), workers_per_interface=2)
    servers = {f"10.1.0.{last}": f"server{last}.lab.example" for last in range(20, 28)}
    places = {worker_of("10.1.0.1", server) for server in servers}
    assert places == {0, 1}, "the servers were to fall to both workers"
    for address, name in servers.items():
        lab.network.ip("h2", "address", "add", f"{address}/24", "dev", "eth0")
        assert json.loads(lab.on("h1", "ask", "10.1.0.2", name))["replies"] == 1
        _, _, port = lab.curl("/index.html", server=address)
        advice = lab.await_advice("treatment", port)
        assert advice["qos_treatment"] == "high_priority", (address, advice)
    assert len(lab.workers()) == 2
