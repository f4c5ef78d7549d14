#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""A Security Center that repeats in its errors what it was sent, as no server should.

usage: echoing_server.py CERTIFICATE KEY [PASSWORD]

It prints its port and serves until its end. The session and the key that it gives are planted words.
"""

import base64
import json
import sys

import stand_in


# What it knows of the account besides.
known = sys.argv[3] if len(sys.argv) > 3 else ""
known += " " + base64.b64encode(known.encode()).decode()


class Handler(stand_in.Handler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        method = self.path.rsplit("/", 1)[-1]
        heard = "; ".join(f"{name}: {value}" for name, value in self.headers.items()) + f"; {known}"
        if method == "Session.StartSession" and "KSCGW" not in heard:
            self.answer(200, json.dumps({"PxgRetVal": "PlantedSessionId"}))
        elif method in ("Session.StartSession", "login", "Echo.Refusal"):
            self.answer(500 if method == "Echo.Refusal" else 401, f"Authentication failure. You said {heard}")
        elif method.startswith("GatewayConnection."):
            self.answer(200, json.dumps({"wstrAuthKey": "PlantedOneTimeKey"}))
        elif method.startswith("Session."):
            self.answer(200, "{}")
        else:
            located = {"format": "You said %1", "args": [heard], "format-id": 0, "locmodule": ""}
            self.answer(200, json.dumps({"PxgError": {
                "code": 1193, "subcode": 0, "module": "KLSTD", "file": heard, "line": 1, "message": heard,
                "locdata": {"type": "params", "value": located}}}))


stand_in.serve(Handler)
