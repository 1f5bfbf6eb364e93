// The console in a real browser, in the long run: everything that `console.mjs` leaves out.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launch } from './chromium.mjs';
import { compare, drawn, isUpdate, SHOWN } from './pictures.mjs';
import { ACTION, act, ana, ben, choose, CONSOLE, heading, main, must, open, path, report, rpc, sent, test } from './suite.mjs';

const require = createRequire(join(process.cwd(), 'package.json'));
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { SECOND, PROXY, PICTURES } = process.env;

// A phone, and the rows of pixels that a page may take on it.
const PHONE = 375;
const HEIGHT_MAX = 3_000;

await test('the libraries of the package run Chromium where the machine has none', async () => {
  const other = await launch({ isBundled: true });
  const page = await other.newPage();
  await page.goto(CONSOLE);
  must((await page.textContent('h1')) === 'Overview', await main(page));
  await other.close();
});

await test('a wallet is connected, and its account sees what waits for it', async () => {
  const { page, close } = await open(ben);
  await page.goto(CONSOLE);
  await page.waitForURL(/account=/);
  await page.waitForSelector('.mine');
  must((await main(page)).includes('migrate Note to 2.0'), await main(page));
  must(!(await page.isVisible('#connect')), 'it is connected, and asked to connect');
  await close();
});

await test('an approver withdraws and approves from the page, and other pages follow', async () => {
  const other = await open(null);
  await other.page.goto(path('/action', { id: ACTION }));
  await heading(other.page, '1 of 2');
  const { page, requests, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  const revoked = await act(page, 'Withdraw the approval');
  must(revoked.includes('withdrawn'), revoked);
  await heading(page, '0 of 2');
  await heading(other.page, '0 of 2');
  const sentence = await act(page, 'Approve');
  must(sentence.includes('approval 1 of 2'), sentence);
  await heading(page, '1 of 2');
  await heading(other.page, '1 of 2');
  must(sent(requests).length === 2, JSON.stringify(requests));
  await other.close();
  await close();
});

await test('what happens before a page listens is not missed', async () => {
  const other = await open(null);
  let release;
  const held = new Promise((done) => { release = done; });
  await other.page.route('**/api/news*', async (route) => { await held; await route.continue(); });
  await other.page.goto(path('/action', { id: ACTION }));
  await heading(other.page, '1 of 2');
  const { page, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  await act(page, 'Withdraw the approval');
  await heading(page, '0 of 2');
  release();
  await heading(other.page, '0 of 2');
  await act(page, 'Approve');
  await heading(other.page, '1 of 2');
  await other.close();
  await close();
});

await test('a reorganization takes back what a page shows', async () => {
  const other = await open(null);
  await other.page.goto(path('/action', { id: ACTION }));
  await heading(other.page, '1 of 2');
  const before = await rpc('evm_snapshot', []);
  const { page, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  await act(page, 'Withdraw the approval');
  await heading(page, '0 of 2');
  await heading(other.page, '0 of 2');
  const reverted = await rpc('evm_revert', [before.result]);
  must(reverted.result === true, JSON.stringify(reverted));
  await heading(other.page, '1 of 2');
  await heading(page, '1 of 2');
  await other.close();
  await close();
});

await test('a rejection and another chain are reported, and nothing is sent', async () => {
  let isSwitched = false;
  const chainId = async () => (isSwitched ? { result: '0x1' } : rpc('eth_chainId', []));
  const cases = [
    [{ eth_sendTransaction: () => ({ error: { code: 4001, message: 'User rejected' } }) }, 'declined', 1],
    [{ eth_sendTransaction: () => ({ error: { code: 1, message: 'a\u202eb' } }) }, 'a\\u{202e}b', 1],
    [{ eth_chainId: () => ({ result: '0x1' }) }, 'another chain', 0],
    // It switches while the console looks once more.
    [{ eth_chainId: chainId }, 'another chain', 0],
  ];
  for (const [answers, word, times] of cases) {
    const { page, requests, close } = await open(ben, answers);
    isSwitched = false;
    page.on('request', (request) => { isSwitched ||= request.url().includes('/api/before'); });
    await page.goto(path('/before', { id: ACTION, do: 'approve', account: ben }));
    await page.click('#do');
    await page.waitForSelector('#failed .card');
    const shown = await page.textContent('#failed');
    must(shown.includes(word) && shown.includes('expected') && shown.includes('next'), shown);
    must(sent(requests).length === times, JSON.stringify(requests));
    const chain = await page.getAttribute('body', 'data-chain');
    for (const { params } of sent(requests)) must(Number(params[0].chainId) === Number(chain), JSON.stringify(params));
    await close();
  }
});

await test('an offline signature is a file, of what the wallet was asked for', async () => {
  const { page, requests, close } = await open(ben);
  await page.goto(path('/action', { id: SECOND, account: ben }));
  await choose(page, 'Sign offline');
  const shown = await main(page);
  const download = page.waitForEvent('download');
  await page.click('#do');
  const file = readFileSync(await (await download).path(), 'utf8');
  const signed = JSON.parse(file);
  must(signed.approval.approver.toLowerCase() === ben.toLowerCase(), file);
  const typed = requests.find((one) => one.method === 'eth_signTypedData_v4');
  must(JSON.parse(typed.params[1]).domain.verifyingContract, 'typed data');
  const digest = /EIP-712 digest\s*(0x[0-9a-f]{64})/.exec(shown);
  must(digest && signed.signature.length === 132, file);
  await close();
});

await test('eight pages of one browser are drawn, and all follow the chain', async () => {
  const { page: opened, context, close: closeAll } = await open(null);
  const pages = [opened];
  while (pages.length < 8) pages.push(await context.newPage());
  for (const page of pages) {
    await page.goto(path('/action', { id: ACTION }));
  }
  const { page, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  for (const [label, count] of [['Withdraw the approval', '0 of 2'], ['Approve', '1 of 2']]) {
    await act(page, label);
    for (const one of [page, ...pages]) await heading(one, count);
    // The one that listened is closed: another one listens.
    await pages.shift().close();
  }
  await close();
  await closeAll();
});

await test('to who withdrew an approval the page says that a signature does not count', async () => {
  const { page, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  await act(page, 'Withdraw the approval');
  await heading(page, '0 of 2');
  await page.goto(path('/before', { id: ACTION, do: 'sign', account: ana }));
  const shown = await main(page);
  must(shown.includes('has withdrawn') && shown.includes('next'), shown);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  await act(page, 'Approve');
  await heading(page, '1 of 2');
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
  await heading(two.page, '0 of 2');
  await one.page.click('#do');
  await one.page.waitForSelector('#failed .card');
  const shown = await one.page.textContent('#failed');
  must(shown.includes('changed meanwhile'), shown);
  must(!sent(one.requests).length, 'it was sent');
  await act(two.page, 'Approve');
  await heading(two.page, '1 of 2');
  await one.close();
  await two.close();
});

const pages = {
  overview: path('/', { account: ben }),
  action: path('/action', { id: ACTION, account: ben }),
  before: path('/before', { id: ACTION, do: 'approve', account: ben }),
  plan: path('/plan', { name: 'Note', version: '2.0', action: ACTION }),
  definition: path('/definition', { name: 'Note', account: ben }),
  registry: path('/definition', { name: '' }),
  instance: path('/instance', { proxy: PROXY }),
  census: path('/census', { proxy: PROXY }),
  doctor: path('/doctor', {}),
  failure: path('/action', { id: '0x00' }),
};

await test('every page is usable at 375 and 1,280 px in both schemes, and nothing is found', async () => {
  mkdirSync(PICTURES, { recursive: true });
  const look = async ([name, url]) => {
    const { page, close } = await open(null);
    await page.goto(url);
    await page.evaluate(axe);
    for (const [width, scheme] of SHOWN) {
      const variant = `${name}-${width}-${scheme}`;
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      must(wide <= width, `${variant} is ${wide} px wide`);
      const high = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.screenshot({ path: join(PICTURES, `${variant}.png`), fullPage: true });
      process.stderr.write(`${variant}: ${high} px high\n`);
      must(width > PHONE || high <= HEIGHT_MAX, `${variant} is ${high} px high`);
      const found = await page.evaluate(() => globalThis.axe.run());
      const words = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
      must(!words.length, `${variant}: ${words.join('; ')}`);
    }
    await close();
  };
  const all = Object.entries(pages);
  while (all.length) await Promise.all(all.splice(0, 2).map(look));
});

await test('names are searched for, and nothing else is shown', async () => {
  const { page, close } = await open(null);
  await page.goto(CONSOLE);
  const rows = (label) => page.locator(`[aria-label="${label}"] tbody tr`).count();
  must((await rows('Open actions')) > 0 && (await rows('Definitions')) > 0, await main(page));
  await page.fill('[type=search]', 'nOtE');
  await page.click('[role=search] button');
  await page.waitForURL(/search=nOtE/);
  must((await rows('Open actions')) > 0 && (await rows('Definitions')) === 1, await main(page));
  await page.fill('[type=search]', 'somebody else');
  await page.click('[role=search] button');
  await page.waitForURL(/somebody/);
  must((await rows('Open actions')) === 0 && (await rows('Definitions')) === 0, await main(page));
  await close();
});

await test('what a reader unfolds stays so when the page is drawn again', async () => {
  const other = await open(null);
  await other.page.goto(path('/action', { id: ACTION }));
  await other.page.click('text=Identity: hashes');
  const { page, close } = await open(ana);
  await page.goto(path('/action', { id: ACTION, account: ana }));
  await act(page, 'Withdraw the approval');
  await heading(other.page, '0 of 2');
  must(await other.page.isVisible('details.panel dl'), 'it is folded again');
  await act(page, 'Approve');
  await heading(other.page, '1 of 2');
  await close();
  await other.close();
});

await test('every page looks as it did', async () => {
  for (const [name, url] of Object.entries(pages)) {
    const { page, close } = await open(null);
    await page.goto(url);
    // It is shown when the page has found no wallet.
    const connect = page.locator('#connect');
    if (await connect.count()) await connect.waitFor();
    await compare(page, name);
    await close();
  }
  if (!isUpdate) return;
  const { page, close } = await open(null);
  const parts = {
    overview: [null, 'Definitions'],
    action: [null, 'Storage before and after'],
    definition: [null, 'Instances'],
  };
  for (const [name, part] of Object.entries(parts)) {
    await page.goto(pages[name]);
    await page.locator('#connect').waitFor();
    await drawn(page, name, part);
  }
  await close();
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

await report();
