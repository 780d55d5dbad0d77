"""The lab of one scenario: hosts, switch, controller and DPAE, and what can be asked of them.

h1 --- 1 [ br0 ] 2 --- h2          controller: OpenFlow to the switch,
            4                                  REST to the DPAE
            |
          dp0 (DPAE)               with two bridges: h3, h4, br1 and dp1 besides
"""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import yaml
from network import Network, Switch, run, wait_for
from prometheus_client.parser import text_string_to_metric_families

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
PYTHON = ("/usr/bin/python3", "-B")

DPID = 0xFEDCBA9876543210  # needs all of its 64 bits
PORT_H1, PORT_H2, PORT_DPAE = 1, 2, 4

COOKIE_DPAE, COOKIE_TREATMENT, COOKIE_SUPPRESS, COOKIE_IDENTITY = 0x2, 0x10, 0x20, 0x30

BULK_BYTES = 100_000_000
TCP_WINDOW = 60000


class Call:
    """One REST call of the journal: when it came, what it said, what it was answered."""

    def __init__(self, request, reply):
        self.t, self.name, self.body = request["t"], request["call"], request["body"]
        self.method, self.path, self.peer = request["method"], request["path"], request["peer"]
        self.status = reply and reply["status"]
        self.reply = reply and reply.get("body")
        self.answered = reply and reply["t"]


class Lab:
    def __init__(self, dpae, bridges=1):
        self.folder = Path(tempfile.mkdtemp(prefix="dpae-lab-"))
        self.folder.chmod(0o755)
        self._dpae_program = Path(dpae).resolve()
        self._shipped = self.folder / "shipped"  # workers may not enter the checkout, wherever it is
        for name in ("classifiers", "lua"):
            shutil.copytree(SOURCE / name, self._shipped / name)
        self.network = Network(self.folder)
        self.bridges = bridges
        self.switch = self.controller = self.dpae = None
        self._wire()

    # Setting up

    def _wire(self):
        network = self.network
        hosts = [f"h{number}" for number in range(1, 2 * self.bridges + 1)]
        network.add("sw", "ctl", "dpae", *hosts)
        network.wire(("ctl", "sw", "10.9.1.1/24", None), ("sw", "ctl", "10.9.1.2/24", None))
        network.wire(("ctl", "dpae", "10.9.2.1/24", None), ("dpae", "ctl", "10.9.2.2/24", None))
        for number, host in enumerate(hosts, 1):
            address, mac = f"10.1.0.{number}/24", f"02:00:00:00:01:{number:02x}"
            network.wire((host, "eth0", address, mac), ("sw", f"p{number}", None, None))
            # The switch takes a burst of a hundred packets and drops more: keep less in flight.
            network.ip(host, "route", "change", "10.1.0.0/24", "dev", "eth0", "window", TCP_WINDOW)
        for bridge in range(self.bridges):
            port = ("dpae", f"dp{bridge}", None, f"02:00:00:00:02:{bridge + 1:02x}")
            network.wire(port, ("sw", f"d{bridge}", None, None))
        root = self.folder / "www"
        (root / "static").mkdir(parents=True)
        (root / "static" / "index.html").write_text("<html>static</html>\n" * 20)
        (root / "index.html").write_text("<html>home</html>\n" * 20)
        block = os.urandom(1 << 20)
        with open(root / "bulk", "wb") as file:
            for offset in range(0, BULK_BYTES, len(block)):
                file.write(block[: BULK_BYTES - offset])
        for host in hosts[1::2]:
            server = network.start(
                host, *PYTHON, HERE / "host.py", "serve", root, log=f"{host}.log"
            )
            wait_for(
                lambda log=server.log: "ready" in log.read_text(), 10, f"the servers on {host}"
            )

    def start_switch(self, vlan=None):
        """vlan: the hosts' frames carry this tag within the switch."""
        self.switch = Switch(self.network, "10.9.1.1:6653")
        for bridge in range(self.bridges):
            first = 2 * bridge + 1
            hosts = {f"p{first}": PORT_H1, f"p{first + 1}": PORT_H2}
            ports = {f"d{bridge}": PORT_DPAE, **({} if vlan else hosts)}
            self.switch.add_bridge(f"br{bridge}", DPID + bridge, ports)
            if vlan:
                for port, number in hosts.items():
                    self.switch.add_edge(port, vlan, f"br{bridge}", number)
        self.switch_connected()

    def switch_connected(self, since=0.0, seconds=15):
        """Waits until all bridges are with the controller; returns when the last one was."""

        def connected():
            ups = [entry for entry in self.journal("switch_up") if entry["t"] >= since]
            if len({entry["dpid"] for entry in ups}) == self.bridges:
                return max(entry["t"] for entry in ups)
            return None

        return wait_for(connected, seconds, "the switch at the controller")

    def write_policy(self, name, mode):
        """A policy of policies/ in this mode; returns the path of the copy."""
        policy = yaml.safe_load((HERE / "policies" / f"{name}.yaml").read_text())
        next(iter(policy["tc_policies"].values()))["mode"] = mode
        path = self.folder / f"{name}-{mode}.yaml"
        path.write_text(yaml.safe_dump(policy, sort_keys=False))
        return path

    def start_controller(self, policy=None, mode=None, options=()):
        """options: further ones of controller.py."""
        if policy:
            self._policy = self.write_policy(policy, mode)
        started = time.time()
        self.controller = self.network.start(
            "ctl", *PYTHON, HERE / "controller" / "controller.py",
            "--policy", self._policy, "--journal", self.folder / "journal.jsonl",
            "--admin", self.folder / "admin.sock", *options, log="controller.log",
        )  # fmt: skip
        wait_for(
            lambda: [e for e in self.journal("controller_up") if e["t"] >= started],
            10,
            "the controller",
        )

    def start_dpae(self, output="events.jsonl", **settings):
        """output: where events go, in the lab's folder; None: nowhere. The rest is configuration."""
        config = {
            "nmeta_controller_address": "http://10.9.2.1",
            "nmeta_controller_port": 8080,
            "nmeta_api_path": "nmeta/v2/aux/",
            "sniff_if_names": ",".join(f"dp{bridge}" for bridge in range(self.bridges)),
            "classifiers_directory": str(self._shipped / "classifiers"),
            "lua_directory": str(self._shipped / "lua"),
            "flow_table_size": 20000,
            "crash_directory": str(self.folder),
            **settings,
        }
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(config))
        self.settings = config
        self.dpae_started = time.time()
        self.dpae = self.network.start(
            "dpae",
            self._dpae_program,
            "run",
            "-c",
            path,
            *(("--output", self.folder / output) if output else ()),
            log="dpae.log",
        )

    def change_settings(self, **settings):
        """Writes them into the configuration and has the DPAE read it again."""
        self.settings.update(settings)
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.settings))
        self.dpae.signal(signal.SIGHUP)

    def own_classifiers(self, **sources):
        """A folder with the shipped classifiers, some replaced by a source or (None) left out."""
        folder = self.folder / "classifiers"
        shutil.copytree(SOURCE / "classifiers", folder)
        for name, source in sources.items():
            path = folder / f"{name}.lua"
            path.unlink()
            if source:
                path.write_text(source)
        return folder

    def close(self):
        self.network.close()
        shutil.rmtree(self.folder / "www", ignore_errors=True)  # large, and of no use afterwards
        (self.folder / "copy").unlink(missing_ok=True)

    # Controller

    def order(self, do, **what):
        """Tells the controller over its admin socket."""
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(self.folder / "admin.sock"))
            admin.sendall(json.dumps({"do": do, **what}).encode() + b"\n")
            assert admin.makefile().readline() == "{}\n"

    def journal(self, event=None):
        path = self.folder / "journal.jsonl"
        if not path.exists():
            return []
        text = path.read_text()
        entries = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [entry for entry in entries if event in (None, entry["event"])]

    def calls(self, *names, since=0.0, status=None, where=None):
        """Calls by these names (all without), in the order in which they came."""
        replies, found = {}, []
        run_of = 0  # ids start anew with each controller
        for entry in self.journal():
            if entry["event"] == "controller_up":
                run_of += 1
            elif entry["event"] == "reply":
                replies[run_of, entry["id"]] = entry
            elif entry["event"] == "request":
                found.append((run_of, entry))
        made = [Call(entry, replies.get((run_of, entry["id"]))) for run_of, entry in found]
        return [
            call
            for call in made
            if (not names or call.name in names)
            and call.t >= since
            and (status is None or call.status == status)
            and (where is None or where(call.body))
        ]

    def await_calls(self, *names, count=1, seconds=5, **filters):
        """The calls, once there are so many."""

        def enough():
            found = self.calls(*names, **filters)
            return found if len(found) >= count else None

        return wait_for(enough, seconds, f"{count} {'/'.join(names)} with {filters}", every=0.05)

    def joined(self, seconds=10, since=0.0, count=None):
        """Waits for sessions to be up; returns when the last of them was."""
        count = count or self.bridges
        return self.await_calls("tc_state", count=count, seconds=seconds, since=since, status=200)[
            count - 1
        ].answered

    def advice(self, kind=None, since=0.0):
        """Bodies of the flow advice that was sent, of one kind or one that contains it."""
        return [
            call.body
            for call in self.calls("classify", since=since)
            if call.body["type"] != "id" and (kind is None or kind in call.body["type"])
        ]

    def identities(self, subtype, since=0.0):
        return [
            call.body
            for call in self.calls("classify", since=since)
            if call.body["type"] == "id" and call.body["subtype"] == subtype
        ]

    def await_advice(self, kind, port, seconds=5, since=0.0):
        """The first advice of a kind on the flow with this client port."""

        def found():
            for body in self.advice(kind, since):
                if port in (body["tp_A"], body["tp_B"]):
                    return body
            return None

        return wait_for(found, seconds, f"{kind} for port {port}")

    def await_identity(self, subtype, test, seconds=5):
        def found():
            for body in self.identities(subtype):
                if test(body):
                    return body
            return None

        return wait_for(found, seconds, f"a {subtype} identity as expected")

    # Switch

    def entries(self, cookie, *texts, bridge="br0"):
        """Flow entries with a cookie whose text contains all of these."""
        flows = self.switch.flows(bridge, cookie)
        return [flow for flow in flows if all(text in flow for text in texts)]

    def await_entries(self, cookie, *texts, count=2, seconds=5, bridge="br0"):
        def there():
            found = self.entries(cookie, *texts, bridge=bridge)
            return found if len(found) == count else None

        return wait_for(there, seconds, f"{count} entries with cookie {cookie:#x} and {texts}")

    # Hosts

    def on(self, host, *arguments, seconds=60):
        """Runs host.py on a host; returns what it printed."""
        command = (*PYTHON, HERE / "host.py", *arguments)
        return self.network.run(host, *command, timeout=seconds).stdout

    def start_on(self, host, *arguments, log):
        return self.network.start(host, *PYTHON, HERE / "host.py", *arguments, log=log)

    def curl(self, path, host="h1", server="10.1.0.2", to="/dev/null", seconds=20):
        """Gets a page; returns (status, bytes, own port)."""
        written = "%{http_code} %{size_download} %{local_port}"
        done = self.network.run(
            host, "curl", "-s", "-m", seconds, "-o", to, "-w", written, f"http://{server}{path}",
            check=False, timeout=seconds + 10,
        )  # fmt: skip
        return tuple(int(number) for number in done.stdout.split())

    def ping(self, count=20, interval=0.05, host="h1", server="10.1.0.2", extra=()):
        """What ping saw: (sent, received, duplicates)."""
        done = self.network.run(
            host, "ping", "-n", "-q", "-c", count, "-i", interval, "-W", 1, *extra, server,
            check=False, timeout=120,
        )  # fmt: skip
        words = done.stdout.replace(",", "").replace("+", "").split()
        value = {word: words[at - 1] for at, word in enumerate(words)}
        duplicates = int(value["duplicates"]) if "duplicates" in value else 0
        received = int(words[words.index("received") - 1])
        return int(words[words.index("packets") - 1]), received, duplicates

    def counters(self, host):
        """The kernel's TCP counters of a host, by name."""
        counters = {}
        for file in ("netstat", "snmp"):
            lines = self.network.run(host, "cat", f"/proc/net/{file}").stdout.splitlines()
            for names, values in zip(lines[::2], lines[1::2]):
                layer = names.split()[0].rstrip(":")
                for name, value in zip(names.split()[1:], values.split()[1:]):
                    counters[f"{layer}.{name}"] = int(value)
        return counters

    # The program under test

    def workers(self):
        """Process ids of the DPAE's children."""
        return [int(pid) for pid in run("pgrep", "-P", self.dpae.pid, check=False).stdout.split()]

    def status(self):
        """What the DPAE tells of itself, as the document at /status."""
        done = self.network.run("dpae", "curl", "-sS", "-m", 5, "http://127.0.0.1:8642/status")
        return json.loads(done.stdout)

    def health(self):
        """(HTTP status, text) of /health."""
        done = self.network.run(
            "dpae", "curl", "-sS", "-m", 5, "-w", "%{http_code}", "http://127.0.0.1:8642/health"
        )
        return int(done.stdout[-3:]), done.stdout[:-3]

    def metrics(self):
        """{(name, labels as a frozenset of pairs): value} at /metrics."""
        done = self.network.run("dpae", "curl", "-sS", "-m", 5, "http://127.0.0.1:8642/metrics")
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(done.stdout)
            for sample in family.samples
        }

    def tail(self, lines=15):
        """The end of every log, for the report of a failure."""
        for path in sorted([*self.folder.glob("*.log"), *self.folder.glob("journal.jsonl")]):
            text = path.read_text(errors="replace").splitlines()[-lines:]
            print(f"--- {path}", *(line[:300] for line in text), sep="\n", file=sys.stderr)
