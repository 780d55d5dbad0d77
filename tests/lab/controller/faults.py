"""What a test has the controller do wrong.

A fault is an object: `call` (a call's name, or "*"), `kind`, and what the kind needs:

    status   answer `status` with the body `body`, and do nothing
    delay    wait `seconds`, then answer as always
    hang     never answer
    close    close the connection without an answer
    garbage  answer bytes that are not HTTP
    body     answer 200 with `body` in place of the true one, which is computed all the same
    endless  answer a body that never ends

`count` is how often (default: until the faults are cleared). `advice` restricts it to calls whose
`type` contains this word.
"""

import math
import threading


class Faults:
    def __init__(self):
        self._lock = threading.Lock()
        self._faults = []

    def add(self, fault):
        with self._lock:
            self._faults.append({"count": math.inf, **fault})

    def clear(self):
        with self._lock:
            self._faults.clear()

    def take(self, call, body):
        """The fault that this call is to have, None mostly. Counts it."""
        kind = body.get("type", "") if isinstance(body, dict) else ""
        with self._lock:
            for fault in self._faults:
                meant = fault["call"] in (call, "*") and fault.get("advice", "") in kind
                if meant and fault["count"] > 0:
                    fault["count"] -= 1
                    return fault
        return None
