// Requests a path over HTTP/2 without TLS, as a gateway within a private network may:
//   node tests/http2.mjs <origin> <path>

import { connect } from "node:http2";

const [origin, path] = process.argv.slice(2);
const session = connect(origin);
const request = session.request({ ":path": path });
request.setEncoding("utf8");
let body = "";
request.on("data", (text) => (body += text));
request.on("response", (headers) => console.log(headers[":status"]));
request.on("end", () => {
  console.log(body);
  session.close();
});
