// node apollo.mjs URL TOKEN DOCUMENT [VARIABLES] [POSSIBLE_TYPES]: what a front end on Apollo Client sees, as
// {"data", "error"}. A subscription gives its first event. Answers go through the normalised cache, which drops the
// fields of "... on SomeInterface" unless POSSIBLE_TYPES, {"SomeInterface": ["Type"]}, names who implements it.

import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { getOperationAST } from "graphql";
import { createClient } from "graphql-ws";
import { firstValueFrom } from "rxjs";
import WebSocket from "ws";
import { plainError, print, readCall, socketUrl } from "./call.mjs";

const { url, headers, document, variables } = readCall(process.argv.slice(2));
const possibleTypes = JSON.parse(process.argv[6] ?? "{}");
const operation = gql(document);
const kind = getOperationAST(operation)?.operation;

const sockets = createClient({
  url: socketUrl(url),
  webSocketImpl: WebSocket,
  connectionParams: headers,
  retryAttempts: 0,
});
const link = kind === "subscription" ? new GraphQLWsLink(sockets) : new HttpLink({ uri: url, headers });
const client = new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes }) });

function perform() {
  const options = { variables, errorPolicy: "all" };
  if (kind === "mutation") return client.mutate({ mutation: operation, ...options });
  if (kind === "subscription") return firstValueFrom(client.subscribe({ query: operation, ...options }));
  return client.query({ query: operation, ...options });
}

function described(error) {
  if (!error) return null;
  const errors = CombinedGraphQLErrors.is(error) ? error.errors.map(plainError) : [];
  return { name: error.name, message: error.message, status: error.statusCode, errors };
}

const result = await perform().catch((error) => ({ error }));
print({ data: result.data ?? null, error: described(result.error) });
client.stop();
await sockets.dispose();
