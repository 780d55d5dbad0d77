"""The REST API: paths to calls, results to replies, and the faults in between."""

import itertools
import json
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sessions import Refused, Twice, failure_text

JSON, HTML = "application/json", "text/html; charset=UTF-8"
HANG_SECONDS = 120
ENDLESS_SECONDS = 30

# (method, what follows the UUID) to the call's name; the collection itself has no UUID.
CALLS = {
    ("GET", ""): "read",
    ("POST", "/send_conf_packet/"): "send_conf_packet",
    ("GET", "/main_policy/"): "main_policy",
    ("GET", "/services/tc/opt_rules/"): "opt_rules",
    ("PUT", "/services/tc/state/"): "tc_state",
    ("PUT", "/keepalive/"): "keepalive",
    ("POST", "/services/tc/classify/"): "classify",
}
WITH_BODY = {"create", "read", "send_conf_packet", "tc_state", "keepalive", "classify"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = HANG_SECONDS
    ids = itertools.count(1)

    # Set on the subclass that serve() makes.
    controller = journal = faults = base = token = None

    def _route(self):
        """(call, uuid) of the path, (None, None) for one that does not exist."""
        if not self.path.startswith(self.base):
            return None, None
        rest = self.path[len(self.base) :]
        if not rest:
            return ("create", None) if self.command == "POST" else (None, None)
        uuid, slash, tail = rest.partition("/")
        return CALLS.get((self.command, slash + tail)), uuid

    def _request_body(self):
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise Refused(400, "Bad JSON")  # the original knows no chunks
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _perform(self, call, uuid, text):
        controller = self.controller
        if self.token and self.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refused(401, "Unauthorized")
        if call == "main_policy":
            return controller.policy.main
        if call == "opt_rules":
            return controller.policy.rules
        try:
            body = json.loads(text)
            if not isinstance(body, dict):
                raise ValueError
        except ValueError:
            raise Refused(400, "Bad JSON") from None
        if call in ("create", "keepalive"):
            return getattr(controller, call)(body)
        return getattr(controller, call)(uuid, body)

    def _answer(self, call, uuid, text):
        """(status, content type, body) as the controller means it."""
        if call is None:
            return 404, HTML, "<html><title>404 Not Found</title></html>"
        try:
            result = self._perform(call, uuid, text)
        except Refused as refusal:
            return refusal.status, JSON, json.dumps(Twice(Error=refusal.text))
        except Exception:
            return 500, HTML, failure_text()
        return 201 if call == "create" else 200, JSON, json.dumps(result)

    def _serve(self):
        number = next(self.ids)
        call, uuid = self._route()
        try:
            text = self._request_body().decode("utf-8", "replace")
        except Refused as refusal:
            return self._send(refusal.status, JSON, json.dumps(Twice(Error=refusal.text)))
        body = self._decoded(text)
        self.journal.write(
            "request",
            id=number,
            call=call,
            method=self.command,
            path=self.path,
            body=body,
            peer=self.client_address[1],
        )
        fault = self.faults.take(call, body)
        if fault is None:
            answer = self._answer(call, uuid, text)
        else:
            answer = self._fail(fault, call, uuid, text)
        if answer is None:
            self.close_connection = True
            self.journal.write("reply", id=number, call=call, status=None)
            return None
        self.journal.write("reply", id=number, call=call, status=answer[0], body=answer[2])
        return self._send(*answer, created=call == "create")

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    @staticmethod
    def _decoded(text):
        try:
            return json.loads(text)
        except ValueError:
            return text

    def _fail(self, fault, call, uuid, text):
        """The answer that a fault leads to; None when it was given here, or there is none."""
        kind = fault["kind"]
        if kind == "status":
            return fault["status"], JSON, fault.get("body", '"{\\"Error\\": \\"made to fail\\"}"')
        if kind == "delay":
            time.sleep(fault["seconds"])
            return self._answer(call, uuid, text)
        if kind == "body":
            status, content, _ = self._answer(call, uuid, text)
            return status, content, fault["body"]
        if kind == "hang":
            time.sleep(HANG_SECONDS)
        elif kind == "garbage":
            self.connection.sendall(b"\x16\x03\x01 certainly not HTTP \xff\xfe\r\n\r\n" * 4)
        elif kind == "endless":
            self._send_endless()
        return None

    def _send_endless(self):
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.end_headers()
        until = time.monotonic() + ENDLESS_SECONDS
        try:
            while time.monotonic() < until:
                self.wfile.write(b'"' + b"x" * 65536)
                self.wfile.flush()
        except OSError:
            pass

    def _send(self, status, content, text, created=False):
        body = text.encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", content)
            self.send_header("Content-Length", str(len(body)))
            if created and status == 201:
                uuid = json.loads(json.loads(text))["uuid_controller"]
                host = self.headers.get("Host", "")
                self.send_header("Location", f"http://{host}{self.base}{uuid}")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def log_message(self, format, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # a client that went away


def serve(address, controller, journal, faults, base, token=None, tls=None):
    """Serves for ever. tls: (certificate, key, CA of the clients or None)."""
    handler = type(
        "BoundHandler",
        (Handler,),
        {
            "controller": controller,
            "journal": journal,
            "faults": faults,
            "base": base,
            "token": token,
        },
    )
    server = Server(address, handler)
    if tls:
        certificate, key, clients = tls
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if clients:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    server.serve_forever()
