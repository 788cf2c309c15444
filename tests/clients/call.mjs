// What every client script is told on its command line: URL TOKEN DOCUMENT [VARIABLES]; a TOKEN of "-" is none.

export function readCall([url, token, document, variables = "{}"]) {
  return { url, headers: headersFor(token), document, variables: JSON.parse(variables) };
}

function headersFor(token) {
  return token && token !== "-" ? { authorization: `Bearer ${token}` } : {};
}

export function socketUrl(url) {
  return url.replace(/^http/, "ws");
}

export function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function plainError({ message, path, extensions }) {
  return { message, path, extensions };
}
