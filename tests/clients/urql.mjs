// node urql.mjs URL TOKEN DOCUMENT [VARIABLES]: what a front end on urql sees, as {"data", "error"}.

import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { getOperationAST, parse } from "graphql";
import { plainError, print, readCall } from "./call.mjs";

const { url, headers, document, variables } = readCall(process.argv.slice(2));
const isMutation = getOperationAST(parse(document))?.operation === "mutation";
// The service takes no GET, which urql would use for short queries.
const client = new Client({
  url,
  exchanges: [cacheExchange, fetchExchange],
  fetchOptions: { headers },
  preferGetMethod: false,
});

function described(error) {
  if (!error) return null;
  const { name, message, graphQLErrors, response } = error;
  return { name, message, status: response?.status, errors: graphQLErrors.map(plainError) };
}

const result = await (isMutation ? client.mutation(document, variables) : client.query(document, variables)).toPromise();
print({ data: result.data ?? null, error: described(result.error) });
