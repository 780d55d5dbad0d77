"""OpenFlow 1.3 connections from switches. os-ken encodes and decodes the messages."""

import itertools
import socket
import threading

from os_ken.ofproto import ofproto_parser
from os_ken.ofproto import ofproto_v1_3 as of
from os_ken.ofproto import ofproto_v1_3_parser as messages
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

HEADER_SIZE = 8


class Connection:
    """One switch. Its thread reads; any thread may send."""

    def __init__(self, sock):
        self.dpid = None
        self._socket = sock
        self._protocol = ProtocolDesc(of.OFP_VERSION)
        self._send_lock = threading.Lock()
        self._xids = itertools.count(1)

    def send(self, message):
        """Sends a message; a connection that is gone shows at the reading end."""
        with self._send_lock:
            if message.xid is None:
                message.set_xid(next(self._xids))
            message.serialize()
            try:
                self._socket.sendall(message.buf)
            except OSError:
                pass

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise ConnectionResetError
            data += part
        return data

    def receive(self):
        """The next message; ConnectionError when there will be none."""
        head = self._read(HEADER_SIZE)
        version, kind, length, xid = ofproto_parser.header(head)
        body = head + self._read(length - HEADER_SIZE)
        return ofproto_parser.msg(self._protocol, version, kind, length, xid, body)

    def handshake(self):
        """Returns once the switch has told its datapath id."""
        self.send(messages.OFPHello(self._protocol))
        while self.dpid is None:
            message = self.receive()
            if isinstance(message, messages.OFPHello):
                self.send(messages.OFPFeaturesRequest(self._protocol))
            elif isinstance(message, messages.OFPSwitchFeatures):
                self.dpid = message.datapath_id
            else:
                self.answer(message)

    def answer(self, message):
        if isinstance(message, messages.OFPEchoRequest):
            reply = messages.OFPEchoReply(self._protocol, data=message.data)
            reply.set_xid(message.xid)
            self.send(reply)

    def add(self, table, priority, match, outputs=(), goto=None, queue=None, cookie=0, idle=0):
        """Adds a flow entry, in place of one with the same match and priority."""
        actions = [] if queue is None else [messages.OFPActionSetQueue(queue)]
        actions += [messages.OFPActionOutput(port, of.OFPCML_NO_BUFFER) for port in outputs]
        instructions = []
        if actions:
            apply = of.OFPIT_APPLY_ACTIONS
            instructions.append(messages.OFPInstructionActions(apply, actions))
        if goto is not None:
            instructions.append(messages.OFPInstructionGotoTable(goto))
        self.send(
            messages.OFPFlowMod(
                self._protocol,
                cookie=cookie,
                table_id=table,
                idle_timeout=idle,
                priority=priority,
                match=messages.OFPMatch(**match),
                instructions=instructions,
            )
        )

    def remove(self, table=of.OFPTT_ALL, priority=0, match=None, cookie=None):
        """Removes one entry (match given), those with a cookie, or all."""
        self.send(
            messages.OFPFlowMod(
                self._protocol,
                cookie=cookie or 0,
                cookie_mask=0 if cookie is None else 0xFFFFFFFFFFFFFFFF,
                table_id=table,
                command=of.OFPFC_DELETE if match is None else of.OFPFC_DELETE_STRICT,
                priority=priority,
                out_port=of.OFPP_ANY,
                out_group=of.OFPG_ANY,
                match=messages.OFPMatch(**(match or {})),
            )
        )

    def emit(self, port, frame):
        """Sends a frame out of a port (packet-out)."""
        self.send(
            messages.OFPPacketOut(
                self._protocol,
                buffer_id=of.OFP_NO_BUFFER,
                in_port=of.OFPP_CONTROLLER,
                actions=[messages.OFPActionOutput(port)],
                data=frame,
            )
        )


def packet_in(message):
    """(port, frame) of a packet-in, None for other messages."""
    if isinstance(message, messages.OFPPacketIn):
        return message.match["in_port"], message.data
    return None


def error_text(message):
    """What the switch complains of, None for other messages."""
    if isinstance(message, messages.OFPErrorMsg):
        return f"type {message.type} code {message.code}"
    return None


def serve(address, handle):
    """Accepts switches for ever, each in a thread that runs handle(Connection)."""
    listener = socket.create_server(address)

    def loop():
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=handle, args=(Connection(sock),), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
