// The console in a real browser: wallets are injected as EIP-1193 and EIP-6963 describe it, and sign
// with the chain's own accounts.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { CONSOLE, NODE, ACTION, SECOND, ACCOUNTS, PROXY, PICTURES } = process.env;
const [ana, ben, stranger] = ACCOUNTS.split(',');
const passed = [];
const failed = {};

let number = 0;
async function rpc(method, params) {
  number += 1;
  const body = JSON.stringify({ jsonrpc: '2.0', id: number, method, params });
  const response = await fetch(NODE, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return response.json();
}

// A wallet with one account. `asked` is what it was asked for; `manners` changes how it answers.
async function wallet(context, account, manners = {}) {
  const asked = [];
  await context.exposeBinding('askWallet', async (_, method, params) => {
    asked.push({ method, params });
    if (manners[method]) return manners[method](params);
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
  return asked;
}

const executable = await (await import(require.resolve('@sparticuz/chromium'))).default.executablePath();
const browser = await chromium.launch({ executablePath: executable, headless: true, args: ['--no-sandbox'] });
const outside = [];
const complaints = [];

async function open(account, manners, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const asked = account ? await wallet(context, account, manners) : [];
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(CONSOLE) && !/^(blob|data):/.test(url)) outside.push(url);
  });
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !/status of 4\d\d/.test(text)) complaints.push(text);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, asked, close: () => context.close() };
}

const path = (name, query) => `${CONSOLE}${name}?${new URLSearchParams(query)}`;
const main = (page) => page.textContent('#main');
function must(condition, what) {
  if (!condition) throw new Error(what);
}

async function test(name, run) {
  const began = Date.now();
  try {
    await run();
    passed.push(name);
  } catch (error) {
    failed[name] = String(error.stack ?? error).slice(0, 2_000);
  }
  process.stderr.write(`${name}: ${Date.now() - began} ms\n`);
}

async function heading(page, text) {
  await page.waitForFunction((text) => document.querySelector('#main section h2')?.textContent.includes(text), text);
}

// From the page of the action: chooses what to do, lets the wallet send it, and is back.
async function act(page, label) {
  await page.click(`.doing >> text="${label}"`);
  await page.waitForSelector('#do');
  const sentence = await page.textContent('#sentence');
  await page.click('#do');
  return sentence;
}

await test('a wallet is connected, and its account sees what waits for it', async () => {
  const { page, close } = await open(ben);
  await page.goto(CONSOLE);
  await page.waitForURL(/account=/);
  await page.waitForSelector('.mine');
  must((await main(page)).includes('migrate of Note: 2.0'), await main(page));
  await page.click('#connect');
  await close();
});

await test('an approver withdraws and approves from the page, and other pages follow', async () => {
  const other = await open(null);
  await other.page.goto(path('/action', { id: ACTION }));
  await heading(other.page, '1/2');
  const { page, asked, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  const revoked = await act(page, 'Withdraw the approval');
  must(revoked.includes('withdrawn'), revoked);
  await heading(page, '0/2');
  await heading(other.page, '0/2');
  const sentence = await act(page, 'Approve');
  must(sentence.includes('approval 1 of 2'), sentence);
  await heading(page, '1/2');
  await heading(other.page, '1/2');
  const sent = asked.filter((one) => one.method === 'eth_sendTransaction');
  must(sent.length === 2, JSON.stringify(sent));
  await other.close();
  await close();
});

await test('a stranger is told', async () => {
  const { page, asked, close } = await open(stranger);
  await page.goto(path('/action', { id: ACTION, account: stranger }));
  must((await main(page)).includes('This account is no approver'), await main(page));
  await page.goto(path('/before', { id: ACTION, do: 'approve', account: stranger }));
  const told = await main(page);
  for (const word of ['expected', 'found', 'next']) must(told.includes(word), told);
  must((await page.$('#do')) === null, 'there is a button');
  must(!asked.some((one) => one.method === 'eth_sendTransaction'), 'the wallet was asked');
  await close();
});

await test('a rejection, another chain and another account are told, and nothing is sent', async () => {
  let isSwitched = false;
  const chainId = async () => (isSwitched ? { result: '0x1' } : rpc('eth_chainId', []));
  const cases = [
    [{ eth_sendTransaction: () => ({ error: { code: 4001, message: 'User rejected' } }) }, 'declined', 1],
    [{ eth_sendTransaction: () => ({ error: { code: 1, message: 'a\u202eb' } }) }, 'a\\u{202e}b', 1],
    [{ eth_chainId: () => ({ result: '0x1' }) }, 'another chain', 0],
    // It switches while the console looks once more.
    [{ eth_chainId: chainId }, 'another chain', 0],
  ];
  for (const [manners, word, times] of cases) {
    const { page, asked, close } = await open(ben, manners);
    page.on('request', (request) => { isSwitched = request.url().includes('/api/before'); });
    await page.goto(path('/before', { id: ACTION, do: 'approve', account: ben }));
    await page.waitForTimeout(150);
    await page.click('#do');
    await page.waitForSelector('#failed .card');
    const told = await page.textContent('#failed');
    must(told.includes(word) && told.includes('expected') && told.includes('next'), told);
    const sent = asked.filter((one) => one.method === 'eth_sendTransaction');
    must(sent.length === times, JSON.stringify(asked));
    const chain = await page.getAttribute('body', 'data-chain');
    for (const { params } of sent) must(Number(params[0].chainId) === Number(chain), JSON.stringify(params));
    await close();
  }
});

await test('an offline signature goes round: the digests are those of the page', async () => {
  const { page, asked, close } = await open(ben);
  await page.goto(path('/action', { id: SECOND, account: ben }));
  await page.click('.doing >> text="Sign offline"');
  await page.waitForSelector('#do');
  const shown = await main(page);
  const download = page.waitForEvent('download');
  await page.click('#do');
  const file = readFileSync(await (await download).path(), 'utf8');
  const signed = JSON.parse(file);
  must(signed.signer.toLowerCase() === ben.toLowerCase(), file);
  const typed = asked.find((one) => one.method === 'eth_signTypedData_v4');
  must(JSON.parse(typed.params[1]).domain.verifyingContract, 'typed data');
  await close();
  const anyone = await open(stranger);
  await anyone.page.goto(path('/submit', { account: stranger }));
  await anyone.page.waitForTimeout(150);
  await anyone.page.setInputFiles('#files', { name: 'approval.json', mimeType: 'application/json', buffer: Buffer.from(file) });
  await anyone.page.click('#check');
  await anyone.page.waitForSelector('#do:not([hidden]), #failed .card');
  const refused = await anyone.page.textContent('#failed');
  must(!refused, refused);
  // What the wallet signed is what the page showed: the registry recovers the signer from it.
  const digest = await anyone.page.textContent('#digest-list');
  for (const name of ['domain hash', 'message hash', 'EIP-712 digest', 'calldata digest']) {
    const [, hash] = new RegExp(`${name}\\s*(0x[0-9a-f]{64})`).exec(shown);
    must(digest.includes(hash), `${name} ${hash} is not in ${digest}`);
  }
  // What was checked changes: nothing is sent before it is read again.
  const other = await open(ana);
  await other.page.goto(path('/action', { id: SECOND, account: ana }));
  await act(other.page, 'Withdraw the approval');
  await heading(other.page, '0/2');
  await anyone.page.click('#do');
  await anyone.page.waitForSelector('#failed .card');
  const told = await anyone.page.textContent('#failed');
  must(told.includes('changed meanwhile') && told.includes('1 of 2'), told);
  must(!anyone.asked.some((one) => one.method === 'eth_sendTransaction'), 'it was sent');
  await act(other.page, 'Approve');
  await heading(other.page, '1/2');
  await other.close();
  await anyone.page.click('#check');
  await anyone.page.waitForSelector('#failed:empty', { state: 'attached' });
  await anyone.page.waitForSelector('#do:not([hidden])');
  await anyone.page.click('#do');
  await heading(anyone.page, 'success 2/2 executed');
  const [{ params }] = anyone.asked.filter((one) => one.method === 'eth_sendTransaction');
  must(params[0].chainId, JSON.stringify(params));
  await anyone.close();
});

await test('eight pages of one browser are drawn, and all follow the chain', async () => {
  const context = await browser.newContext();
  const pages = [];
  for (let number = 0; number < 8; number += 1) {
    const page = await context.newPage();
    await page.goto(path('/action', { id: ACTION }), { timeout: 5_000 });
    pages.push(page);
  }
  const { page, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  for (const [label, count] of [['Withdraw the approval', '0/2'], ['Approve', '1/2']]) {
    await act(page, label);
    for (const one of [page, ...pages]) await heading(one, count);
    // The one that listened is closed: another one listens.
    await pages.shift().close();
  }
  await close();
  await context.close();
});

await test('who withdrew an approval is told that a signature does not count', async () => {
  const { page, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  await act(page, 'Withdraw the approval');
  await heading(page, '0/2');
  await page.goto(path('/before', { id: ACTION, do: 'sign', account: ana }));
  const told = await main(page);
  must(told.includes('has withdrawn') && told.includes('next'), told);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  await act(page, 'Approve');
  await heading(page, '1/2');
  await close();
});

await test('an action that changed meanwhile is not sent', async () => {
  const one = await open(ben);
  await one.page.goto(path('/before', { id: ACTION, do: 'approve', account: ben }));
  const before = await one.page.textContent('#sentence');
  must(before.includes('completes the policy (2/2)'), before);
  const two = await open(ana);
  await two.page.goto(path('/action', { id: ACTION, account: ana }));
  await act(two.page, 'Withdraw the approval');
  await heading(two.page, '0/2');
  await one.page.click('#do');
  await one.page.waitForSelector('#failed .card');
  const told = await one.page.textContent('#failed');
  must(told.includes('changed meanwhile'), told);
  must(!one.asked.some((ask) => ask.method === 'eth_sendTransaction'), 'it was sent');
  await act(two.page, 'Approve');
  await heading(two.page, '1/2');
  await one.close();
  await two.close();
});

await test('every page is usable at 360 and 1,280 px in both schemes, and nothing serious is found', async () => {
  mkdirSync(PICTURES, { recursive: true });
  const pages = {
    overview: path('/', { account: ben }),
    action: path('/action', { id: ACTION, account: ben }),
    before: path('/before', { id: ACTION, do: 'approve', account: ben }),
    definition: path('/definition', { name: 'Note', account: ben }),
    registry: path('/definition', { name: '' }),
    instance: path('/instance', { proxy: PROXY }),
    submit: path('/submit', {}),
    doctor: path('/doctor', {}),
    verify: path('/verify', {}),
    failure: path('/action', { id: '0x00' }),
  };
  const look = async ([name, url]) => {
    const { page, close } = await open(null);
    await page.goto(url);
    await page.evaluate(axe);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        must(wide <= width, `${name} is ${wide} px wide at ${width}`);
        await page.screenshot({ path: join(PICTURES, `${name}-${width}-${scheme}.png`), fullPage: true });
      }
      // What a scheme changes are colours: everything else is looked at once.
      const found = await page.evaluate((scheme) => globalThis.axe.run(
        scheme === 'light' ? {} : { runOnly: ['color-contrast'] }), scheme);
      const serious = found.violations.filter((one) => ['serious', 'critical'].includes(one.impact));
      const words = serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
      must(!serious.length, `${name}, ${scheme}: ${words.join('; ')}`);
    }
    await close();
  };
  const all = Object.entries(pages);
  while (all.length) await Promise.all(all.splice(0, 2).map(look));
});

await test('the second wallet completes the policy: 2/2 activated', async () => {
  const { page, close } = await open(ben);
  await page.goto(path('/action', { id: ACTION, account: ben }));
  const sentence = await act(page, 'Approve');
  must(sentence.includes('completes the policy (2/2)'), sentence);
  await heading(page, 'success 2/2 activated');
  await page.screenshot({ path: join(PICTURES, 'activated.png'), fullPage: true });
  await close();
});

await test('nothing came from elsewhere, and no page complained', async () => {
  must(!outside.length, outside.join(', '));
  must(!complaints.length, complaints.join('; '));
});

await browser.close();
console.log(JSON.stringify({ passed, failed }));
