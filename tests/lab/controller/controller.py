#!/usr/bin/python3
"""A stand-in for the nmeta2 controller, for the lab: OpenFlow 1.3 to switches, REST to DPAEs.

It answers as the original does, its quirks included, keeps a journal of all that happened, and does
wrong what a test asks for over its admin socket: one JSON object a line in, one out.
"""

import argparse
import json
import os
import socketserver
import threading

import openflow
import rest
from faults import Faults
from journal import Journal
from sessions import Controller


def administer(path, controller, faults, journal):
    """Opens the admin socket: {"do": "fault" | "clear" | "policy" | "conf_status" | "instant"}."""

    class Admin(socketserver.StreamRequestHandler):
        def handle(self):
            order = json.loads(self.rfile.readline())
            journal.write("admin", order=order)
            what = order.pop("do")
            if what == "fault":
                faults.add(order)
            elif what == "clear":
                faults.clear()
            elif what == "policy":
                controller.change_policy(order["path"])
            elif what == "conf_status":
                controller.conf_status = order["status"]
            elif what == "instant":
                controller.instant = True
            else:
                raise ValueError(what)
            self.wfile.write(b"{}\n")

    if os.path.exists(path):
        os.unlink(path)
    server = socketserver.ThreadingUnixStreamServer(path, Admin)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", required=True, help="main policy, YAML")
    parser.add_argument("--journal", required=True, help="JSON lines are appended to this file")
    parser.add_argument("--admin", required=True, help="path of the admin socket to make")
    parser.add_argument("--address", default="0.0.0.0")
    parser.add_argument("--rest-port", type=int, default=8080)
    parser.add_argument("--openflow-port", type=int, default=6653)
    parser.add_argument("--base", default="/nmeta/v2/aux/")
    parser.add_argument("--token", help="bearer token that every call must carry")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    parser.add_argument("--client-ca", help="with --tls: clients must show a certificate of this")
    options = parser.parse_args()

    journal = Journal(options.journal)
    controller = Controller(options.policy, journal)
    faults = Faults()
    administer(options.admin, controller, faults, journal)
    openflow.serve((options.address, options.openflow_port), controller.run_switch)
    journal.write("controller_up")
    tls = (*options.tls, options.client_ca) if options.tls else None
    address = (options.address, options.rest_port)
    rest.serve(address, controller, journal, faults, options.base, options.token, tls)


if __name__ == "__main__":
    main()
