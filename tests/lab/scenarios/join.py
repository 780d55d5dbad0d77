"""The session: how it begins, what keeps it, how it ends."""

import json
import shutil
import signal
import subprocess
import time

from lab import COOKIE_DPAE, DPID, PORT_DPAE, SOURCE
from network import wait_for
from scenarios import needs, session

PHASES = ("create", "read", "send_conf_packet", "main_policy", "opt_rules", "tc_state")


def scenario_join_in_order(lab):
    """Four phases, in order, within two seconds; then keepalives, one a second."""
    up = session(lab, "both", "passive")
    assert up - lab.dpae_started < 2.0, f"joined after {up - lab.dpae_started:.2f} s"

    calls = lab.calls()
    first = [next(call.t for call in calls if call.name == name) for name in PHASES]
    assert first == sorted(first), dict(zip(PHASES, first))
    assert len(lab.calls("create")) == 1
    created = json.loads(json.loads(lab.calls("create")[0].reply))
    assert lab.calls("create")[0].body.keys() == {"hostname_dpae", "if_name", "uuid_dpae"}
    assert lab.calls("create")[0].body["uuid_dpae"][14] == "1", "not a version-1 UUID"

    discovery = lab.journal("discovery")[0]
    assert (discovery["port"], discovery["dpid"]) == (PORT_DPAE, DPID)
    assert discovery["claims"]["uuid_controller"] == created["uuid_controller"]
    read = lab.calls("read")[-1]
    assert json.loads(json.loads(read.reply))["dpid"] == DPID
    assert not lab.journal("discovery_ignored")

    state = lab.calls("tc_state")[0].body
    assert state["tc_state"] == "run" and len(state["dpae_version"].split(".")) == 3
    lab.await_entries(COOKIE_DPAE, "table=3", f"output:{PORT_DPAE}", count=2)

    beats = [call.t for call in lab.await_calls("keepalive", count=5, seconds=8, status=200)]
    gaps = [later - earlier for earlier, later in zip(beats, beats[1:])]
    assert all(0.7 < gap < 1.5 for gap in gaps), gaps
    assert len(lab.calls("create")) == 1
    assert all(call.status in (200, 201) for call in lab.calls() if call.name != "send_conf_packet")


def scenario_join_confirmed_with_200(lab):
    """A controller that answers send_conf_packet with 200 is as good."""
    lab.start_controller("both", "passive")
    lab.order("conf_status", status=200)
    lab.start_switch()
    lab.start_dpae()
    lab.joined()


def scenario_controller_never_there(lab):
    """Without a controller it goes on trying, and joins when there is one."""
    lab.start_dpae()
    time.sleep(4)
    assert lab.dpae.running()
    lab.start_controller("both", "passive")
    lab.start_switch()
    ready = time.time()
    up = lab.joined()
    assert up - ready < 3.0, f"joined {up - ready:.2f} s after controller and switch were there"


def scenario_switch_late(lab):
    """The controller is there, the switch is not: no discovery, no session; then both."""
    lab.start_controller("both", "passive")
    lab.start_dpae()
    lab.await_calls("read", count=4)
    assert not lab.calls("send_conf_packet", "tc_state")
    lab.start_switch()
    ready = time.time()
    up = lab.joined()
    assert up - ready < 3.0, f"joined {up - ready:.2f} s after the switch was there"


CERTIFICATES = """
set -e
key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }
signed() {
    key $1
    openssl req -new -key $1.key -subj /CN=$1 -out $1.csr
    printf subjectAltName=IP:10.9.2.1 >ext
    openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $1.pem
}
key ca; openssl req -x509 -new -key ca.key -subj /CN=ca -days 2 -out ca.pem
signed server; signed client
echo open-sesame >token; chmod 600 token client.key
"""


def scenario_https(lab):
    """HTTPS with a CA, a client certificate and a token, each of them needed; a wrong one joins nothing."""
    folder = lab.folder / "tls"
    folder.mkdir()
    subprocess.run(["sh", "-c", CERTIFICATES], cwd=folder, check=True, capture_output=True)
    lab.start_controller(
        "payload", "passive",
        ("--tls", folder / "server.pem", folder / "server.key", "--client-ca", folder / "ca.pem",
         "--token", "open-sesame"),
    )  # fmt: skip
    lab.start_switch()
    good = {
        "nmeta_controller_address": "https://10.9.2.1",
        "controller_ca_file": str(folder / "ca.pem"),
        "controller_client_cert": str(folder / "client.pem"),
        "controller_client_key": str(folder / "client.key"),
        "controller_token_file": str(folder / "token"),
    }
    (folder / "stale").write_text("open-says-me\n")
    for key, wrong, words in (
        ("controller_ca_file", str(folder / "client.pem"), "certificate"),
        ("controller_client_cert", "", "certificate"),
        ("controller_token_file", str(folder / "stale"), "401"),
    ):
        bad = {**good, key: wrong}
        if key == "controller_client_cert":
            bad["controller_client_key"] = ""
        lab.start_dpae(**bad)
        wait_for(lambda words=words: words in lab.dpae.log.read_text(), 5, f"a word on {key}")
        time.sleep(1)
        assert not lab.calls("create", status=201), key
        assert lab.dpae.running()
        lab.dpae.kill()
        lab.dpae.log.unlink()
    lab.start_dpae(**good)
    up = lab.joined()
    assert up - lab.dpae_started < 2.0
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)
    text = lab.dpae.log.read_text() + (lab.folder / "events.jsonl").read_text()
    assert "open-sesame" not in text


def scenario_reload(lab):
    """SIGHUP: the session's intervals change without a new join, for the session that is up."""
    session(lab, "payload", "passive", keepalive_interval=1, policy_poll_interval=3600)
    lab.change_settings(keepalive_interval=0.2, policy_poll_interval=0.5, flow_table_size=30000)
    wait_for(lambda: "now in force" in lab.dpae.log.read_text(), 3, "a word on the change")
    log = lab.dpae.log.read_text()
    assert "now in force: keepalive_interval, policy_poll_interval" in log
    assert "started again: flow_table_size" in log
    since = time.time() + 1.5
    beats = [c.t for c in lab.await_calls("keepalive", since=since, count=11, seconds=6, status=200)]
    assert beats[10] - beats[0] < 4, beats
    lab.await_calls("main_policy", since=since, count=3)
    assert len(lab.calls("create")) == 1


def scenario_missing_classifier(lab):
    """The others run meanwhile; when its file comes, it is loaded, without a new join."""
    folder = lab.own_classifiers(payload_uri_1=None)
    session(lab, "both", "passive", classifiers_directory=str(folder))
    wait_for(lambda: "payload_uri_1" in lab.dpae.log.read_text(), 3, "a word on the missing one")
    _, _, port = lab.curl("/static/index.html")
    advice = lab.await_advice("treatment", port)
    assert advice["qos_treatment"] != "constrained_bw", advice
    shutil.copy(SOURCE / "classifiers" / "payload_uri_1.lua", folder)
    wait_for(lambda: "there now" in lab.dpae.log.read_text(), 3, "a word on the one that came")
    _, _, port = lab.curl("/static/index.html")
    advice = lab.await_advice("treatment", port)
    assert advice["qos_treatment"] == "constrained_bw", advice
    assert len(lab.calls("create")) == 1


@needs(seconds=180)
def scenario_controller_restart(lab):
    """A controller that was killed forgets the session: a new one, with advice that waited."""
    session(lab, "payload", "passive")
    assert lab.curl("/static/index.html")[0] == 200
    lab.await_calls("classify")
    for pause in (0.1, 6.0):
        lab.controller.kill()
        status, _, port = lab.curl("/static/index.html")
        assert status == 200
        time.sleep(pause)
        restarted = time.time()
        lab.start_controller()
        ready = lab.switch_connected(since=restarted)
        up = lab.joined(since=restarted)
        assert up - ready < 3.0, f"joined {up - ready:.2f} s after controller and switch were back"
        advice = lab.await_advice("treatment", port, since=restarted)
        assert advice["qos_treatment"] == "constrained_bw"
    uuids = [call.body["uuid_dpae"] for call in lab.calls("create", status=201)]
    assert len(set(uuids)) == len(uuids), "a UUID was used for two joins"


def scenario_session_unknown_to_advice(lab):
    """ "UUID not in DB" as the answer to advice starts a new join at once."""
    session(lab, "payload", "passive", keepalive_interval=20)
    unknown = json.dumps(json.dumps({"Error": "UUID not in DB"}))
    fault = {"call": "classify", "advice": "treatment", "count": 1}
    lab.order("fault", **fault, kind="status", status=400, body=unknown)
    _, _, port = lab.curl("/static/index.html")
    [refused] = lab.await_calls("classify", status=400)
    up = lab.joined(since=refused.t)
    assert up - refused.t < 2.0
    lab.await_advice("treatment", port, since=up)


COUNTS = """
local HIGH, LOW = { qos_treatment = "high_priority" }, { qos_treatment = "low_priority" }
local function classifier(_, flow)
  local state = flow.state
  state.seen = (state.seen or 0) + 1
  if flow.packet_count >= 150 then
    flow.finalised = true
    return state.seen == flow.packet_count and HIGH or LOW
  end
end
return { new = function() return { classifier = classifier } end }
"""


def scenario_state_survives_a_rejoin(lab):
    """What classifiers know of their flows outlives the session, as its policy does."""
    folder = lab.own_classifiers(statistical_qos_bandwidth_1=COUNTS)
    session(lab, "statistical", "passive", classifiers_directory=str(folder), suppress_max_wait_packets=1000)
    slow = lab.start_on("h1", "trickle", "10.1.0.2", "/bulk", 20, 0.02, log="trickle.log")
    port = int(wait_for(slow.log.read_text, 5, "the connection"))
    time.sleep(0.3)
    assert not lab.advice("treatment"), "the flow was to be young still"
    unknown = json.dumps(json.dumps({"Error": "UUID not in DB"}))
    lab.order("fault", call="keepalive", kind="status", status=400, body=unknown, count=1)
    [refused] = lab.await_calls("keepalive", status=400)
    lab.joined(since=refused.t)
    assert lab.await_advice("treatment", port, seconds=15)["qos_treatment"] == "high_priority"


@needs(seconds=180)
def scenario_switch_restart(lab):
    """A switch that restarts loses its entries; the tc state's renewal brings them back."""
    session(lab, "both", "passive", tc_state_interval=10)
    lab.await_entries(COOKIE_DPAE, "table=3", count=2)
    lab.switch.kill()
    time.sleep(0.5)
    restarted = time.time()
    lab.switch.start()
    ready = lab.switch_connected(since=restarted)
    lab.await_calls("tc_state", since=ready, seconds=15, status=200)
    lab.await_entries(COOKIE_DPAE, "table=3", count=2)
    assert len(lab.calls("create")) == 1, "the session was to go on"
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)


@needs(bridges=2)
def scenario_two_interfaces(lab):
    """Each interface has a session of its own; one that is lost does not touch the other."""
    session(lab, "payload", "passive")
    names = {call.body["if_name"] for call in lab.calls("create")}
    assert names == {"dp0", "dp1"}
    assert {entry["dpid"] for entry in lab.journal("discovery")} == {DPID, DPID + 1}
    for host, server, bridge in (("h1", "10.1.0.2", "br0"), ("h3", "10.1.0.4", "br1")):
        status, _, port = lab.curl("/static/index.html", host=host, server=server)
        assert status == 200
        advice = lab.await_advice("treatment", port)
        assert server in (advice["ip_A"], advice["ip_B"])
        lab.await_entries(0x10, f"tp_src={port}", "set_queue:1", count=1, bridge=bridge)
    lab.network.ip("dpae", "link", "set", "dp1", "down")
    time.sleep(3)
    assert not [call for call in lab.calls("create")[2:] if call.body["if_name"] == "dp0"]
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)


def scenario_policy_changes(lab):
    """A change on the controller is applied without a new join, and flows keep their state."""
    session(lab, "statistical", "passive", policy_poll_interval=1)
    _, _, port = lab.curl("/static/index.html")
    advice = lab.await_advice("treatment", port)
    assert advice["flow_packets"] in (7, 8), advice  # 8: merged with the suppression
    lab.order("policy", path=str(lab.write_policy("payload", "passive")))
    changed = time.time()
    lab.await_calls("opt_rules", since=changed, count=2)
    _, _, port = lab.curl("/static/index.html")
    advice = lab.await_advice("treatment", port)
    assert advice["qos_treatment"] == "constrained_bw", advice
    assert advice["flow_packets"] == (4 if advice["type"] == "treatment" else 8), advice
    lab.order("policy", path=str(lab.write_policy("payload", "active")))
    # The tc state tells the mode: it has to be asked for anew.
    lab.await_calls("opt_rules", since=time.time(), count=2)
    wait_for(lambda: lab.ping(3)[1] == 3, 20, "frames returned after the change to active mode")
    assert len(lab.calls("create")) == 1


def scenario_stop(lab):
    """SIGTERM: what is queued is sent, the end is orderly and within five seconds."""
    session(lab, "payload", "active")
    lab.order("fault", call="classify", kind="delay", seconds=0.5, count=3)
    ports = [lab.curl("/static/index.html")[2] for _ in range(3)]
    stopped = time.time()
    lab.dpae.signal(signal.SIGTERM)
    assert lab.dpae.wait(6) == 0
    assert time.time() - stopped < 5.5
    for port in ports:
        lab.await_advice("treatment", port, seconds=1)
    before = lab.switch.port(PORT_DPAE)["rx"]
    lab.ping(3)
    assert lab.switch.port(PORT_DPAE)["rx"] == before


def scenario_stop_with_a_controller_that_hangs(lab):
    """What cannot be sent holds up the end by five seconds at most, and is counted."""
    session(lab, "payload", "passive", controller_timeout=30)
    lab.order("fault", call="classify", kind="hang")
    since = time.time()
    lab.curl("/static/index.html")
    lab.await_calls("classify", since=since)
    stopped = time.time()
    lab.dpae.signal(signal.SIGTERM)
    assert lab.dpae.wait(8) == 0
    assert 4 < time.time() - stopped < 6.5
    [said] = [line for line in lab.dpae.log.read_text().splitlines() if "ended after" in line]
    assert " 0 unsent" not in said, said
