"""Network namespaces, veth pairs and a software switch. All that is made here goes with `close`."""

import atexit
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

PREFIX = "dpaelab"
OFFLOADS = ("tso", "gso", "gro", "tx", "rx", "txvlan", "rxvlan")


class LabError(Exception):
    """The lab itself does not work; no fault of the program under test."""


def run(*command, check=True, timeout=60):
    """Runs a command to its end; returns the CompletedProcess with its output as text."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: {done.returncode}: {done.stderr.strip()}")
    return done


def wait_for(condition, seconds, what, every=0.02):
    """Waits until condition() is true, and returns what it gave; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(every)


class Process:
    """A program in a namespace, with its output in a file. Dies with the lab, whatever happens."""

    def __init__(self, command, log, namespace=None, env=None):
        command = [str(part) for part in command]
        if namespace:
            command = ["ip", "netns", "exec", namespace, *command]
        self.log = Path(log)
        with open(log, "ab") as output:
            self._popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        self.pid = self._popen.pid

    def running(self):
        return self._popen.poll() is None

    def signal(self, number):
        if self.running():
            self._popen.send_signal(number)

    def wait(self, seconds):
        """The exit status; AssertionError when there is none in time."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self._popen.args} did not end within {seconds} s") from None

    def kill(self):
        self.signal(signal.SIGKILL)
        self._popen.wait()


class Network:
    """Namespaces by short names: `h1` is in fact dpaelab-PID-h1."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._spaces = []
        self._sweep()
        atexit.register(self.close)

    @staticmethod
    def _listed():
        return re.findall(rf"^({PREFIX}-(\d+)-\S+)", run("ip", "netns", "list").stdout, re.M)

    def _sweep(self):
        """Removes what a lab left that was killed before it could clean up."""
        for name, pid in self._listed():
            if not os.path.exists(f"/proc/{pid}"):
                self._remove(name)

    @staticmethod
    def _remove(name):
        for pid in run("ip", "netns", "pids", name, check=False).stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        space = Path("/run/netns", name)
        if space.exists():  # who is killed leaves the lock of its interface
            for lock in Path("/run/dpae").glob(f"*-{space.stat().st_ino}.lock"):
                lock.unlink(missing_ok=True)
        run("ip", "netns", "delete", name, check=False)

    def space(self, short):
        return f"{PREFIX}-{os.getpid()}-{short}"

    def add(self, *shorts):
        for short in shorts:
            name = self.space(short)
            run("ip", "netns", "add", name)
            self._spaces.append(name)
            self.ip(short, "link", "set", "lo", "up")
            # Nothing is to speak unasked: what a port carries is then known to the frame.
            for where in ("all", "default"):
                self.run(short, "sysctl", "-qw", f"net.ipv6.conf.{where}.disable_ipv6=1")

    def close(self):
        while self._spaces:
            self._remove(self._spaces.pop())

    def run(self, short, *command, **options):
        return run("ip", "netns", "exec", self.space(short), *command, **options)

    def ip(self, short, *arguments):
        return run("ip", "-netns", self.space(short), *arguments)

    def start(self, short, *command, log, env=None):
        return Process(command, self.folder / log, self.space(short), env)

    def wire(self, end, other):
        """A cable between two ends, each (space, interface, address or None, MAC or None)."""
        (space1, name1, *_), (space2, name2, *_) = end, other
        run("ip", "link", "add", name1, "netns", self.space(space1), "type", "veth",
            "peer", "name", name2, "netns", self.space(space2))  # fmt: skip
        for space, name, address, mac in (end, other):
            for offload in OFFLOADS:
                self.run(space, "ethtool", "-K", name, offload, "off", check=False)
            if mac:
                self.ip(space, "link", "set", name, "address", mac)
            if address:
                self.ip(space, "address", "add", address, "dev", name)
            self.ip(space, "link", "set", name, "up")


class Switch:
    """Open vSwitch with the userspace datapath, its daemons started by hand in namespace `sw`."""

    def __init__(self, network, controller):
        self.network = network
        self.folder = network.folder / "ovs"
        self.folder.mkdir()
        self._controller = controller
        self._socket = self.folder / "db.sock"
        self._daemons = {}
        run("ovsdb-tool", "create", self.folder / "conf.db",
            "/usr/share/openvswitch/vswitch.ovsschema")  # fmt: skip
        self._start_daemon(
            "ovsdb-server", self.folder / "conf.db", f"--remote=punix:{self._socket}"
        )
        wait_for(self._socket.exists, 10, "the switch's database")
        self.vsctl("--no-wait", "init")
        self.start()

    def _start_daemon(self, name, *arguments):
        environment = {
            "OVS_RUNDIR": self.folder,
            "OVS_LOGDIR": self.folder,
            "OVS_DBDIR": self.folder,
        }
        self._daemons[name] = self.network.start(
            "sw", shutil.which(name), *arguments,
            f"--unixctl={self.folder / name}.ctl", "-vconsole:warn",
            log=f"{name}.log", env={key: str(value) for key, value in environment.items()},
        )  # fmt: skip

    def start(self):
        self._start_daemon("ovs-vswitchd", f"unix:{self._socket}")

    def kill(self):
        """Power off: flow entries are gone, the configuration stays."""
        self._daemons.pop("ovs-vswitchd").kill()

    def vsctl(self, *arguments):
        return self.network.run("sw", "ovs-vsctl", f"--db=unix:{self._socket}", *arguments)

    def add_bridge(self, bridge, dpid, ports):
        """ports: {interface of namespace sw: OpenFlow port number}."""
        command = [
            "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev",
            "protocols=OpenFlow13", "fail_mode=secure", f"other-config:datapath-id={dpid:016x}",
            "other-config:disable-in-band=true",
            "--", "set-controller", bridge, f"tcp:{self._controller}",
            "--", "set", "controller", bridge, "max_backoff=1000", "inactivity_probe=5000",
        ]  # fmt: skip
        for port, number in ports.items():
            command += ["--", "add-port", bridge, port]
            command += ["--", "set", "interface", port, f"ofport_request={number}"]
        self.vsctl(*command)

    def add_edge(self, host_port, tag, bridge, number):
        """A bridge of its own between a host and a bridge: frames have this tag in the latter."""
        edge, inner, outer = f"e-{host_port}", f"{host_port}-in", f"{host_port}-out"
        self.vsctl(
            "add-br", edge, "--", "set", "bridge", edge, "datapath_type=netdev",
            "protocols=OpenFlow13", "fail_mode=secure",
            "--", "add-port", edge, host_port,
            "--", "set", "interface", host_port, "ofport_request=1",
            "--", "add-port", edge, inner,
            "--", "set", "interface", inner, "type=patch", f"options:peer={outer}",
            "ofport_request=2",
            "--", "add-port", bridge, outer,
            "--", "set", "interface", outer, "type=patch", f"options:peer={inner}",
            f"ofport_request={number}",
        )  # fmt: skip
        push = f"push_vlan:0x8100,set_field:{0x1000 | tag}->vlan_vid,output:2"
        self.ofctl("add-flow", edge, f"in_port=1,actions={push}")
        self.ofctl("add-flow", edge, f"in_port=2,dl_vlan={tag},actions=pop_vlan,output:1")

    def ofctl(self, command, bridge, *arguments):
        socket = f"unix:{self.folder / bridge}.mgmt"
        return self.network.run(
            "sw", "ovs-ofctl", "-OOpenFlow13", command, socket, *arguments
        ).stdout

    def flows(self, bridge="br0", cookie=None):
        """Lines of dump-flows, those with this cookie only."""
        lines = self.ofctl("dump-flows", bridge, "--no-names").splitlines()
        lines = [line.strip() for line in lines if "cookie=" in line]
        return [line for line in lines if cookie is None or f"cookie={cookie:#x}," in line]

    def port(self, number, bridge="br0"):
        """{"rx": packets, "tx": packets} of a port, as the switch counts: rx came in there."""
        text = self.ofctl("dump-ports", bridge, str(number), "--no-names")
        return {way: int(re.search(rf"{way} pkts=(\d+)", text).group(1)) for way in ("rx", "tx")}
