"""The flow entries of one switch: what goes to the DPAE, what is treated how, who lives where.

Tables, in the order in which a packet meets them:

    LEARN    unknown sources are told to the controller; what the DPAE returned skips to TREAT
    IDENTITY copies of identity traffic go to the DPAE
    FILTER   suppressed flows skip the next table
    CLASSIFY passive: a copy goes to the DPAE; active: the packet itself does
    TREAT    queues
    FORWARD  to the port where the destination was learned, else everywhere
"""

from os_ken.ofproto import ofproto_v1_3 as of

LEARN, IDENTITY, FILTER, CLASSIFY, TREAT, FORWARD = range(6)

COOKIE_BASE = 0x1
COOKIE_DPAE = 0x2  # everything that a tc state installed
COOKIE_LEARNED = 0x3
COOKIE_TREATMENT = 0x10
COOKIE_SUPPRESS = 0x20
COOKIE_IDENTITY = 0x30

TREATMENT_IDLE = 30
SUPPRESS_IDLE = 5

ETH_IPV4, ETH_IPV6, ETH_ARP, ETH_LLDP = 0x0800, 0x86DD, 0x0806, 0x88CC
TCP, UDP = 6, 17
GROUP_BIT = ("01:00:00:00:00:00", "01:00:00:00:00:00")
LINK_LOCAL_GROUPS = ("01:80:c2:00:00:00", "ff:ff:ff:ff:ff:f0")


class Tables:
    """Made when a switch connects: all that was there is wiped then, as in the original."""

    def __init__(self, connection, discovery):
        self.connection = connection
        self._places = {}
        self._running = None
        connection.remove()
        self._add(LEARN, 300, discovery, outputs=[of.OFPP_CONTROLLER])
        self._add(LEARN, 0, {}, outputs=[of.OFPP_CONTROLLER], goto=IDENTITY)
        # A bridge does not forward these (IEEE 802.1D, 7.12.6).
        self._add(IDENTITY, 50, {"eth_dst": LINK_LOCAL_GROUPS})
        for table in (IDENTITY, FILTER, CLASSIFY, TREAT):
            self._add(table, 0, {}, goto=table + 1)
        self._add(FORWARD, 0, {}, outputs=[of.OFPP_FLOOD])

    def _add(self, table, priority, match, cookie=COOKIE_BASE, **rest):
        self.connection.add(table, priority, match, cookie=cookie, **rest)

    def learn(self, mac, port):
        """A source showed up on a port. Returns True when that is news."""
        old = self._places.get(mac)
        if old == port:
            return False
        self._places[mac] = port
        if old is not None:
            self.connection.remove(LEARN, 200, {"in_port": old, "eth_src": mac})
        here = {"in_port": port, "eth_src": mac}
        self._add(LEARN, 200, here, cookie=COOKIE_LEARNED, goto=IDENTITY)
        self._add(FORWARD, 100, {"eth_dst": mac}, cookie=COOKIE_LEARNED, outputs=[port])
        return True

    def start_classification(self, dpae_port, policy):
        """What a tc state of "run" installs. Idempotent, apart from a change of policy."""
        copy = {"cookie": COOKIE_DPAE, "outputs": [dpae_port]}
        if self._running not in (None, (dpae_port, policy)):
            for table in (IDENTITY, CLASSIFY, TREAT):
                self.connection.remove(table, cookie=COOKIE_DPAE)
        self._running = (dpae_port, policy)
        self._add(LEARN, 250, {"in_port": dpae_port}, cookie=COOKIE_DPAE, goto=TREAT)
        for match in self._identity_matches(policy.identity):
            self._add(IDENTITY, 100, match, goto=FILTER, **copy)
        if policy.identity["lldp"]:
            self._add(IDENTITY, 110, {"eth_type": ETH_LLDP}, **copy)
        for rule in policy.rules:
            if rule["install_type"] == "immediate":
                self._static(rule)
        if any(rule["install_type"] == "to_dpae" for rule in policy.rules):
            self._to_dpae(copy, active=policy.mode == "active")

    def _to_dpae(self, copy, active):
        if active:
            # Group-addressed packets are not diverted: flooding brings the DPAE a copy.
            self._add(CLASSIFY, 200, {"eth_dst": GROUP_BIT}, cookie=COOKIE_DPAE, goto=TREAT)
        for eth_type in (ETH_IPV4, ETH_IPV6):
            after = None if active else TREAT
            self._add(CLASSIFY, 100, {"eth_type": eth_type}, goto=after, **copy)

    @staticmethod
    def _identity_matches(identity):
        # ARP needs none: requests are flooded to the DPAE like to all others.
        for eth_type in (ETH_IPV4, ETH_IPV6):
            if identity["dns"]:
                for proto, ports in ((TCP, ("tcp_src", "tcp_dst")), (UDP, ("udp_src", "udp_dst"))):
                    for port in ports:
                        yield {"eth_type": eth_type, "ip_proto": proto, port: 53}
        if identity["dhcp"]:
            for port in (67, 68):
                yield {"eth_type": ETH_IPV4, "ip_proto": UDP, "udp_dst": port}

    def _static(self, rule):
        match = dict(rule["match"])
        if "eth_type" not in match and not rule["condition"].startswith("eth_"):
            match["eth_type"] = ETH_IPV4
        if rule["condition"].startswith("tcp_"):
            match["ip_proto"] = TCP
        if rule["condition"].startswith("ip_"):
            match["ipv4" + rule["condition"][2:]] = match.pop(rule["condition"])
        queue = rule["action"]["Set-Queue"]
        self._add(TREAT, 50, match, cookie=COOKIE_DPAE, queue=queue, goto=FORWARD)

    @staticmethod
    def _both_directions(advice):
        ends = [(advice["ip_A"], advice["tp_A"]), (advice["ip_B"], advice["tp_B"])]
        for (source, sport), (target, dport) in (ends, ends[::-1]):
            yield {
                "eth_type": ETH_IPV4,
                "ip_proto": TCP,
                "ipv4_src": source,
                "ipv4_dst": target,
                "tcp_src": sport,
                "tcp_dst": dport,
            }

    def treat(self, advice, queue):
        for match in self._both_directions(advice):
            self._add(
                TREAT, 100, match, COOKIE_TREATMENT, queue=queue, goto=FORWARD, idle=TREATMENT_IDLE
            )

    def suppress(self, advice):
        for match in self._both_directions(advice):
            self._add(FILTER, 100, match, COOKIE_SUPPRESS, goto=TREAT, idle=SUPPRESS_IDLE)

    def treat_identity(self, mac, queue):
        """An on_identity rule was met by the owner of this address."""
        for key in ("eth_src", "eth_dst"):
            self._add(TREAT, 75, {key: mac}, COOKIE_IDENTITY, queue=queue, goto=FORWARD)
