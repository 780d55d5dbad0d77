"""What the controller knows of its DPAEs and switches, and what each REST call does.

The state lives in memory only: a controller that restarts has forgotten every session.
"""

import ipaddress
import json
import re
import struct
import threading
import time
import traceback
import uuid

import openflow
from policy import Policy
from tables import Tables

DISCOVERY_MAC = "01:80:c2:00:00:0e"  # DPAE to controller
CONFIRM_MAC = "02:6e:6d:65:74:61"  # controller to DPAE
DISCOVERY_ETHERTYPE = 8267
DISCOVERY = {"eth_dst": DISCOVERY_MAC, "eth_type": DISCOVERY_ETHERTYPE}

VERSION = re.compile(r"[^.]+\.[^.]+\.[^.]+")
IDENTITY_KEYS = ("hostname_dpae", "if_name", "uuid_dpae")
FLOW_KEYS = ("ip_A", "ip_B", "proto", "tp_A", "tp_B", "flow_packets", "actions")


class Refused(Exception):
    """A call is answered with an error."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


class Twice(str):
    """An object that goes out as a JSON string that holds JSON, as most replies do."""

    def __new__(cls, **fields):
        return super().__new__(cls, json.dumps(fields))


def need(body, keys):
    for key in keys:
        if key not in body:
            raise Refused(400, f"No {key}")


class Controller:
    """Calls come in from the threads of the REST server, packets from those of the switches."""

    def __init__(self, policy_path, journal):
        self.policy = Policy(policy_path)
        self.conf_status = 500  # the original's answer to send_conf_packet, though it did send
        self.instant = False  # advice is thanked for and not followed: no flow entries
        self._journal = journal
        self._lock = threading.RLock()
        self._sessions = {}
        self._switches = {}

    # Switches

    def run_switch(self, connection):
        """The life of one switch's connection."""
        try:
            connection.handshake()
            with self._lock:
                tables = self._switches[connection.dpid] = Tables(connection, DISCOVERY)
            self._journal.write("switch_up", dpid=connection.dpid)
            while True:
                self._from_switch(tables, connection.receive())
        except (OSError, AssertionError):
            pass
        with self._lock:
            if connection.dpid in self._switches:
                if self._switches[connection.dpid].connection is connection:
                    del self._switches[connection.dpid]
        self._journal.write("switch_down", dpid=connection.dpid)

    def _from_switch(self, tables, message):
        arrived = openflow.packet_in(message)
        if arrived is None:
            tables.connection.answer(message)
            complaint = openflow.error_text(message)
            if complaint is not None:
                self._journal.write("switch_error", text=complaint)
            return
        port, frame = arrived
        source = ":".join(f"{byte:02x}" for byte in frame[6:12])
        (ethertype,) = struct.unpack_from("!H", frame, 12)
        if ethertype == DISCOVERY_ETHERTYPE:
            self._discover(tables.connection.dpid, port, frame[14:])
        elif not frame[6] & 1:
            with self._lock:
                if tables.learn(source, port):
                    self._journal.write("learned", mac=source, port=port)

    def _discover(self, dpid, port, payload):
        # json refuses trailing NULs and takes trailing blanks: just as the original does.
        try:
            claims = json.loads(payload)
            with self._lock:
                session = self._sessions[claims["uuid_controller"]]
                if any(claims[key] != session[key] for key in IDENTITY_KEYS):
                    raise ValueError("other keys than were given at the create call")
                session.update(dpid=dpid, switch_port=port)
        except (KeyError, TypeError, ValueError) as error:
            self._journal.write("discovery_ignored", port=port, why=repr(error))
        else:
            self._journal.write("discovery", port=port, dpid=dpid, claims=claims)

    # Sessions

    def _session(self, uuid_controller):
        session = self._sessions.get(uuid_controller)
        if session is None:
            raise Refused(400, "UUID not in DB")
        return session

    def _same(self, body, session, keys):
        need(body, keys)
        for key in keys:
            if body[key] != session[key]:
                raise Refused(400, f"{key} mismatch with DB value")

    def create(self, body):
        need(body, IDENTITY_KEYS)
        with self._lock:
            session = {key: body[key] for key in IDENTITY_KEYS}
            session["uuid_controller"] = str(uuid.uuid1())
            session["time_created"] = time.time()
            self._sessions[session["uuid_controller"]] = session
        return Twice(
            hostname_controller="lab-controller",
            uuid_dpae=session["uuid_dpae"],
            uuid_controller=session["uuid_controller"],
            dpae2ctrl_mac=DISCOVERY_MAC,
            ctrl2dpae_mac=CONFIRM_MAC,
            dpae_ethertype=DISCOVERY_ETHERTYPE,
        )

    def read(self, uuid_controller, body):
        with self._lock:
            session = self._session(uuid_controller)
            self._same(body, session, (*IDENTITY_KEYS, "uuid_controller"))
            keys = ("hostname_dpae", "uuid_dpae", "time_created", "dpid", "switch_port")
            return Twice(**{key: session[key] for key in keys if key in session})

    def send_conf_packet(self, uuid_controller, body):
        with self._lock:
            session = self._session(uuid_controller)
            if body.get("uuid_controller") != uuid_controller:
                raise Refused(400, "UUID mismatch")
            switch = self._switches.get(session.get("dpid"))
            if switch is None:
                raise Refused(500, "no datapath")
            keys = (*IDENTITY_KEYS, "uuid_controller")
            payload = json.dumps({key: session[key] for key in keys}).encode()
            frame = bytes.fromhex((CONFIRM_MAC + DISCOVERY_MAC).replace(":", ""))
            frame += struct.pack("!H", DISCOVERY_ETHERTYPE) + payload
            switch.connection.emit(session["switch_port"], frame)
            if self.conf_status != 200:
                raise Refused(self.conf_status, "Pkt send failed")
            return Twice(status="sent")

    def keepalive(self, body):
        need(body, ("keepalive", "if_name", "uuid_dpae", "uuid_controller"))
        with self._lock:
            self._session(body["uuid_controller"])
        return "Okay, got that"

    def tc_state(self, uuid_controller, body):
        with self._lock:
            session = self._session(uuid_controller)
            need(body, ("tc_state", "dpae_version"))
            self._same(body, session, ("hostname_dpae", "uuid_dpae", "uuid_controller"))
            if body["tc_state"] != "run":
                raise Refused(400, "Bad tc_state")
            if not VERSION.fullmatch(str(body["dpae_version"])):
                raise Refused(400, "Bad dpae_version")
            if "dpid" not in session:
                raise Refused(500, "no dpid")
            session["running"] = True
            self._install(session)
            return Twice(status="tc_started", mode=self.policy.mode, uuid_dpae=session["uuid_dpae"])

    def _install(self, session):
        switch = self._switches.get(session["dpid"])
        if switch is not None:
            switch.start_classification(session["switch_port"], self.policy)

    def change_policy(self, path):
        """What the original needs a restart for: other rules, at once."""
        with self._lock:
            self.policy = Policy(path)
            for session in self._sessions.values():
                if session.get("running"):
                    self._install(session)

    # Advice

    def classify(self, uuid_controller, body):
        with self._lock:
            session = self._session(uuid_controller)
            if "dpid" not in session:
                raise Refused(500, "no dpid")
            need(body, ("type", "subtype"))
            switch = self._switches.get(session["dpid"])
            if self.instant:
                pass
            elif body["type"] == "id":
                self._identity(switch, body)
            elif body["type"] in ("suppress", "treatment", "treatment+suppress"):
                self._flow(switch, body)
            return "Thanks for letting us know!"

    def _identity(self, switch, body):
        need(body, ("src_mac", "detail1"))
        if body["subtype"] != "lldp":
            return
        if not isinstance(body["detail1"], str):
            raise TypeError("expected string or buffer")
        for rule in self.policy.rules:
            if rule["install_type"] != "on_identity" or switch is None:
                continue
            if rule["condition"] == "identity_lldp_systemname_re":
                met = re.match(rule["value"], body["detail1"])
            else:
                met = rule["value"] == body["detail1"]
            if met:
                switch.treat_identity(body["src_mac"], rule["action"]["Set-Queue"])

    def _flow(self, switch, body):
        need(body, FLOW_KEYS)
        if body["proto"] != "tcp" or switch is None:
            return
        for end in ("A", "B"):
            ipaddress.IPv4Address(body[f"ip_{end}"])
            if type(body[f"tp_{end}"]) is not int:
                raise TypeError(f"tp_{end} must be an integer")
        if "treatment" in body["type"] and body["actions"]:
            switch.treat(body, self.policy.queue(body["qos_treatment"]))
        if "suppress" in body["type"]:
            switch.suppress(body)


def failure_text():
    """The exception that is being handled, in the form in which the original shows its own."""
    details = traceback.format_exc().splitlines()[-1]
    return json.dumps({"result": "failure", "details": details})
