// What the tests of the console share: wallets, injected as EIP-1193 and EIP-6963 describe it, that sign
// with the chain's own accounts; pages; and a report.
import { launch, TIMEOUT } from './chromium.mjs';

const { CONSOLE, NODE, ACTION, ACCOUNTS } = process.env;
export { CONSOLE, ACTION };
export const [ana, ben, stranger] = ACCOUNTS.split(',');

const passed = [];
const failed = {};
export const outside = [];
export const complaints = [];
export const browser = await launch();
const contexts = new Set();

let number = 0;
export async function rpc(method, params) {
  number += 1;
  const body = JSON.stringify({ jsonrpc: '2.0', id: number, method, params });
  const response = await fetch(NODE, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return response.json();
}

// A wallet with one account. `requests` is what it was asked for; `answers` changes what it says.
async function wallet(context, account, answers = {}) {
  const requests = [];
  await context.exposeBinding('askWallet', async (_, method, params) => {
    requests.push({ method, params });
    if (answers[method]) return answers[method](params);
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return { result: [account] };
    return rpc(method, params);
  });
  await context.addInitScript(() => {
    const provider = {
      on() {},
      async request({ method, params }) {
        const answer = await globalThis.askWallet(method, params ?? []);
        if (answer.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
        return answer.result;
      },
    };
    const detail = Object.freeze({ info: { uuid: 'b2a3b4a4-6e0b-4d0a-9a3c-0a0000000001', name: 'Test', icon: 'data:,', rdns: 'test' }, provider });
    const announce = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
    addEventListener('eip6963:requestProvider', announce);
    announce();
  });
  return requests;
}

// A page of a browser whose wallet has this account, or of one without a wallet.
export async function open(account, answers, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(TIMEOUT);
  contexts.add(context);
  const requests = account ? await wallet(context, account, answers) : [];
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(CONSOLE) && !/^(blob|data):/.test(url)) outside.push(url);
  });
  context.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !/status of 4\d\d/.test(text)) complaints.push(text);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('dialog', (dialog) => { complaints.push(dialog.message()); dialog.dismiss(); });
  const page = await context.newPage();
  const close = () => { contexts.delete(context); return context.close(); };
  return { page, context, requests, close };
}

export const path = (name, query) => `${CONSOLE}${name}?${new URLSearchParams(query)}`;
export const main = (page) => page.textContent('#main');
export const sent = (requests) => requests.filter((one) => one.method === 'eth_sendTransaction');

export function must(condition, what) {
  if (!condition) throw new Error(what);
}

// Where every open page is and what stands on it, for a failure.
async function shown() {
  const all = [];
  for (const page of [...contexts].flatMap((context) => context.pages())) {
    const silent = new Promise((done) => { setTimeout(done, 5_000, '(no answer within 5 s)'); });
    const text = page.evaluate(() => document.body.innerText).catch(String);
    all.push(`---- ${page.url()}\n${await Promise.race([text, silent])}`);
  }
  return all.join('\n');
}

async function closeAll() {
  const rest = [...contexts];
  contexts.clear();
  await Promise.all(rest.map((context) => context.close()));
}

// Runs a test. Chromium itself may crash on a machine that is short of memory, which says nothing of the console: the
// test then runs a second time. A second crash is a failure.
export async function test(name, run) {
  const began = Date.now();
  try {
    try {
      await run();
    } catch (error) {
      if (!/Target crashed/.test(error.message)) throw error;
      process.stderr.write(`${name}: Chromium crashed, second run\n`);
      await closeAll();
      await run();
    }
    passed.push(name);
  } catch (error) {
    failed[name] = `${error.stack ?? error}\n${await shown()}`;
  }
  await closeAll();
  process.stderr.write(`${name}: ${Date.now() - began} ms\n`);
}

export async function heading(page, text) {
  const is = (wanted) => document.querySelector('#main section h2')?.textContent.includes(wanted);
  await page.waitForFunction(is, text, { polling: 100 });
}

// From the page of the action: chooses what to do. The button is of use once the script has run.
export async function choose(page, label) {
  await page.click(`.doing >> text="${label}"`);
  await page.waitForSelector('#do');
  await page.waitForLoadState('domcontentloaded');
}

// The same; lets the wallet send it, and is back.
export async function act(page, label) {
  await choose(page, label);
  const sentence = await page.textContent('#sentence');
  await page.click('#do');
  return sentence;
}

// The last of all: what happened, as one line of JSON.
export async function report() {
  await test('nothing came from elsewhere, and no page complained', async () => {
    must(!outside.length, outside.join(', '));
    must(!complaints.length, complaints.join('; '));
  });
  await browser.close();
  console.log(JSON.stringify({ passed, failed }));
}
