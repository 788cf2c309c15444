// node audit.mjs URL [TOKEN]: the GraphQL over HTTP audits of graphql-http; a recommendation not followed is a failure too.

import { serverAudits } from "graphql-http";
import { readCall } from "./call.mjs";

const { url, headers } = readCall(process.argv.slice(2));
const counts = { ok: 0, warn: 0, error: 0 };

function fetchFn(target, init = {}) {
  return fetch(target, { ...init, headers: { ...init.headers, ...headers } });
}

async function run(audit) {
  try {
    return await audit.fn();
  } catch (error) {
    return { status: "error", reason: String(error) };
  }
}

for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await run(audit);
  counts[status] += 1;
  console.log(`${status.padEnd(5)} ${audit.id} ${audit.name}${reason ? `: ${reason}` : ""}`);
}

console.log(`${counts.ok} passed, ${counts.error} failed, ${counts.warn} warned`);
process.exitCode = counts.ok > 0 && counts.warn + counts.error === 0 ? 0 : 1;
