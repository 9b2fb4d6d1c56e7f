# A receiver of webhooks, as an example: WEBHOOK_SECRET=whsec_… PORT=8080 python3 webhook-receiver.py
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
# In production: a table with a unique key, written in the transaction that handles the event.
handled = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        # The bytes as they arrived: parsing and printing JSON again would change them.
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError as error:
            self.send_error(400, str(error))
            return
        if event["id"] not in handled:
            handled.add(event["id"])
            print(json.dumps({"id": event["id"], "type": event["type"], "data": event["data"]}), flush=True)
        self.send_response(204)
        self.end_headers()


server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
