"""A webhook receiver in thirty lines: verifies the signature, counts an event once, answers quickly.

pip install standardwebhooks
WEBHOOK_SECRET=whsec_... python receiver.py 9000
"""

import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.answer(401)  # held and tried again: the secret may be about to change
        with sqlite3.connect("events.sqlite3") as db:  # a delivery may be repeated, its id never changes
            db.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT, body TEXT)")
            new = db.execute(
                "INSERT OR IGNORE INTO events VALUES (?, ?, ?)", (event["id"], event["type"], body.decode())
            ).rowcount
        if new and event["type"] == "message.received":
            print(event["data"]["from"], event["data"]["text"], flush=True)
        return self.answer(204)  # anything else than 2xx is tried again; 400 and 422 become dead letters

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
