// node subscribe.mjs URL TOKEN DOCUMENT [N] [VARIABLES]: the official graphql-ws client. Prints N results as JSON lines,
// then completes. A query or mutation gives its one result. "subscribed" on stderr says that the operation was sent.

import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { plainError, print, readCall, socketUrl } from "./call.mjs";

const [url, token, document, wanted = "1", variables] = process.argv.slice(2);
const call = readCall([url, token, document, variables]);

const client = createClient({
  url: socketUrl(call.url),
  webSocketImpl: WebSocket,
  connectionParams: call.headers,
  retryAttempts: 0,
});

client.on("connected", () => setImmediate(() => console.error("subscribed")));

async function printResults() {
  let left = Number(wanted);
  for await (const result of client.iterate({ query: call.document, variables: call.variables })) {
    print(result);
    left -= 1;
    if (left === 0) return;
  }
}

function printRefusal(reason) {
  process.exitCode = 1;
  if (Array.isArray(reason)) print({ errors: reason.map(plainError) });
  else if (typeof reason?.code === "number") print({ closed: { code: reason.code, reason: reason.reason } });
  else print({ failed: String(reason?.message ?? reason) });
}

await printResults().catch(printRefusal);
await client.dispose();
