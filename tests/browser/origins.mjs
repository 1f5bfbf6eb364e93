// Pages that may call a node, tried in a real browser: a foreign page and pages of the developer. The foreign page has
// a name of its own and is served by this machine, so that only the node refuses it. This browser loads no extensions.
import { createServer } from 'node:http';
import { launch } from './chromium.mjs';

const { NODE } = process.env;
const FOREIGN = 'foreign.test';
const ASK = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });

const passed = [];
const failed = {};

async function test(name, run) {
  try {
    await run();
    passed.push(name);
  } catch (error) {
    failed[name] = String(error.stack ?? error);
  }
}

function must(condition, what) {
  if (!condition) throw new Error(what);
}

// A request with a preflight, as libraries send it, or without one, as any page can send it.
function ask([url, body, type]) {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
    .then((response) => response.text(), (error) => String(error));
}

function connect(url) {
  return new Promise((done) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.onopen = () => done('open');
    socket.onerror = () => done('refused');
  });
}

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>a page</title>');
});
await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
const { port } = server.address();
const browser = await launch({ more: [`--host-resolver-rules=MAP ${FOREIGN} 127.0.0.1`] });

// The node's answers to a page of that host. The browser reports the status of answers that the page may not read.
async function answers(host) {
  const page = await browser.newPage();
  await page.goto(`http://${host}:${port}/`);
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const statuses = [];
  session.on('Network.responseReceivedExtraInfo', ({ statusCode }) => statuses.push(statusCode));
  const plain = await page.evaluate(ask, [NODE, ASK, 'text/plain']);
  const json = await page.evaluate(ask, [NODE, ASK, 'application/json']);
  const socket = await page.evaluate(connect, NODE);
  await page.close();
  return { statuses: statuses.join(), plain, json, socket };
}

await test('a foreign page gets 403, and reads and opens nothing', async () => {
  const { statuses, plain, json, socket } = await answers(FOREIGN);
  // Without a preflight, and the preflight.
  must(statuses === '403,403', statuses);
  must(!plain.includes('jsonrpc') && !json.includes('jsonrpc'), `${plain} ${json}`);
  must(socket === 'refused', socket);
});

for (const host of ['localhost', 'app.localhost', '127.0.0.1']) {
  await test(`a page of ${host} calls with a preflight, and opens a socket`, async () => {
    const { statuses, json, socket } = await answers(host);
    // The node accepts JSON alone; then come the preflight and the call.
    must(statuses === '415,200,200', statuses);
    must(json.includes('result'), json);
    must(socket === 'open', socket);
  });
}
await browser.close();

server.close();
console.log(JSON.stringify({ passed, failed }));
