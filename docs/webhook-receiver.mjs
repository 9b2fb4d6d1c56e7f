// A receiver of webhooks, as an example: WEBHOOK_SECRET=whsec_… PORT=8080 node webhook-receiver.mjs
import { createServer } from "node:http";

import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
// In production: a table with a unique key, written in the transaction that handles the event.
const handled = new Set();

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    try {
      // The bytes as they arrived: parsing and printing JSON again would change them.
      const event = webhook.verify(Buffer.concat(parts).toString(), request.headers);
      if (!handled.has(event.id)) {
        handled.add(event.id);
        console.log(JSON.stringify({ id: event.id, type: event.type, data: event.data }));
      }
      response.writeHead(204).end();
    } catch (error) {
      response.writeHead(400).end(`${error.message}\n`);
    }
  });
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
