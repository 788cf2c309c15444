"use strict";

const element = (id) => document.getElementById(id);
const settings = JSON.parse(element("settings").textContent);

// GraphiQL's dialogs add a <style> element and look for its nonce under this name.
window.__webpack_nonce__ = document.currentScript.nonce;

/* Answers: what earlier tabs were told, so that a later tab can say {{field.path.id}}. */

const answers = {};
const PLACEHOLDER = /^\{\{([\w.]+)\}\}$/;

function remember(result) {
  if (result?.data && !result.data.__schema) Object.assign(answers, result.data);
  return result;
}

function recall(path) {
  const found = path.split(".").reduce((value, key) => value?.[key], answers);
  if (found === undefined || found === null) {
    throw new Error(`No answer yet holds "${path}". Run the step that gives it first, or type a value.`);
  }
  return found;
}

function fill(value) {
  if (typeof value === "string") {
    const placeholder = PLACEHOLDER.exec(value);
    return placeholder ? recall(placeholder[1]) : value;
  }
  if (Array.isArray(value)) return value.map(fill);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]));
}

/* Transport: POST for queries and mutations, graphql-transport-ws at the same address for subscriptions. */

const failure = (message) => ({ errors: [{ message }] });

async function post(params, headers) {
  const response = await fetch(settings.endpoint, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json",
      ...headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return failure(`HTTP ${response.status}: ${text.slice(0, 200)}`);
  }
}

function socketUrl() {
  const url = new URL(settings.endpoint, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

function explain(reason) {
  if (reason instanceof CloseEvent) throw new Error(`The socket closed: ${reason.code} ${reason.reason}`);
  if (Array.isArray(reason)) return { done: false, value: { errors: reason } };
  throw reason;
}

function subscribe(params, headers) {
  const lowered = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const client = graphqlWs.createClient({
    url: socketUrl(),
    connectionParams: Object.fromEntries(lowered),
    retryAttempts: 0,
  });
  const events = client.iterate(params);
  // Not a generator: its return() would wait for the next event before the socket closes.
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => events.next().then((event) => (remember(event.value), event), explain),
    return: () => events.return(),
  };
}

function isSubscription(params, options) {
  const document = options?.documentAST;
  if (!document) return false;
  return GraphiQL.GraphQL.getOperationAST(document, params.operationName)?.operation === "subscription";
}

async function fetcher(params, options) {
  try {
    const filled = { ...params, variables: fill(params.variables) };
    if (isSubscription(params, options)) return subscribe(filled, options?.headers);
    return adviseIfSignedOut(remember(await post(filled, options?.headers)));
  } catch (error) {
    return failure(error.message);
  }
}

/* Sign-in: runs the story's own SignIn operation and puts the token into the current tab's headers. */

const speakers = new Map();
let editors = null;

const signInOperation = settings.operations.find(({ query }) => /\bmutation\s+SignIn\b/.test(query));

// One token a person while it lasts: a press of a button for every tab would soon be too many sign-ins.
const tokens = new Map();
const MARGIN = 60_000;

async function tokenOf({ email, password }) {
  const known = tokens.get(email);
  if (known && Date.parse(known.expiresAt) - Date.now() > MARGIN) return known.accessToken;
  const variables = { input: { email, password } };
  const answer = await post({ query: signInOperation.query, operationName: "SignIn", variables });
  const result = Object.values(answer.data ?? {})[0];
  if (result?.accessToken) {
    tokens.set(email, result);
    return result.accessToken;
  }
  throw new Error(result?.message ?? answer.errors?.[0]?.message ?? "no token was given");
}

async function signIn(person) {
  const editor = editors.headerEditor;
  try {
    const headers = JSON.stringify({ Authorization: `Bearer ${await tokenOf(person)}` }, null, 2);
    speakers.set(headers, person.label);
    editor.setValue(headers);
    showSpeaker();
  } catch (error) {
    element("status").textContent = `Could not sign in as ${person.label}: ${error.message}`;
  }
}

const refused = new Set();

function adviseIfSignedOut(result) {
  if (result?.errors?.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED")) {
    tokens.clear();
    refused.add(typedHeaders());
    showSpeaker();
  }
  return result;
}

const typedHeaders = () => editors?.headerEditor?.getValue().trim() ?? "";

function statusOf(headers, label) {
  if (refused.has(headers)) return "Not signed in, or no longer: press one of the buttons, then run this again";
  if (label) return `This tab speaks as: ${label}`;
  return headers ? "" : "This tab is not signed in";
}

function showSpeaker() {
  const headers = typedHeaders();
  const label = refused.has(headers) ? undefined : speakers.get(headers);
  element("status").textContent = statusOf(headers, label);
  for (const button of element("sign-in").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.textContent === label));
  }
}

function addSignIns() {
  for (const person of settings.signIns) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = person.label;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => signIn(person));
    element("sign-in").append(button);
  }
  element("sign-in").hidden = settings.signIns.length === 0 || !signInOperation;
}

/* Steps: says what the open tab is for and leads on to the next one. */

const nameOf = (query) => /\b(?:query|mutation|subscription)\s+(\w+)/.exec(query)?.[1];

function showStep() {
  const { tabs, activeTabIndex } = editors;
  const index = settings.operations.findIndex(({ query }) => nameOf(query) === tabs[activeTabIndex]?.title);
  const step = settings.operations[index];
  const title = document.createElement("strong");
  title.textContent = step ? `${index + 1} of ${settings.operations.length}: ${step.title}` : "Your own tab";
  element("step").replaceChildren(title, step?.note ?? "");
  element("back").disabled = activeTabIndex === 0;
  element("next").disabled = activeTabIndex >= tabs.length - 1;
}

function move(by) {
  editors.changeTab(editors.activeTabIndex + by);
  const show = () => document.querySelector(".graphiql-tab-active")?.scrollIntoView({ inline: "nearest" });
  requestAnimationFrame(show);
}

/* A child of GraphiQL, since only its children can reach its editors. */
function Bridge() {
  const context = GraphiQL.React.useEditorContext({ nonNull: true });
  React.useEffect(() => {
    editors = context;
    showStep();
    showSpeaker();
  });
  return "GraphiQL";
}

function start() {
  addSignIns();
  element("back").addEventListener("click", () => move(-1));
  element("next").addEventListener("click", () => move(1));
  const explorer = React.createElement(
    GraphiQL,
    {
      fetcher,
      defaultTabs: settings.operations.map(({ query, variables }) => ({ query, variables, headers: "" })),
      // GraphiQL takes the first tab's query from there, but its variables only from here.
      variables: settings.operations[0]?.variables,
      defaultEditorToolsVisibility: true,
      isHeadersEditorEnabled: true,
      // Passwords and tokens are typed here: nothing is kept in the browser, a reload starts the story afresh.
      storage: null,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
    },
    React.createElement(GraphiQL.Logo, null, React.createElement(Bridge)),
  );
  ReactDOM.createRoot(element("explorer")).render(explorer);
}

start();
