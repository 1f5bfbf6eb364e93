// The console in a real browser, when time has passed and where space is short: a delay ends while pages are open, what
// is ripe is executed by anybody, the wallet has another account than the page, and a policy is long.
import { ben, ana, choose, CONSOLE, heading, main, must, open, path, report, rpc, sent, stranger, test } from './suite.mjs';

const { LATER, LONG } = process.env;
const DELAY = 2 * 86_400;
const PHONE = { viewport: { width: 375, height: 667 } };

await test('pages that are open notice that a delay is over', async () => {
  const action = await open(null);
  await action.page.goto(path('/action', { id: LATER }));
  await heading(action.page, 'a delay runs until');
  const overview = await open(null);
  await overview.page.goto(CONSOLE);
  must((await main(overview.page)).includes('a delay runs until'), await main(overview.page));
  await rpc('evm_increaseTime', [DELAY]);
  await heading(action.page, 'anybody may execute it now');
  const has = (words) => document.querySelector('#main').textContent.includes(words);
  await overview.page.waitForFunction(has, 'anybody may execute it now', { polling: 100 });
  await action.close();
  await overview.close();
});

await test('anybody executes what is ripe, and is not asked what approvers accepted', async () => {
  const { page, requests, close } = await open(stranger);
  await page.goto(path('/action', { id: LATER, account: stranger }));
  await choose(page, 'Execute');
  const shown = await main(page);
  must(shown.includes('executes an approved action, which anybody may do'), shown);
  must(shown.includes(`register Later 1.0 · of Later · action ${LATER.slice(0, 8)}`), shown);
  must((await page.$('#yes')) === null, 'a yes is asked for');
  await page.click('#do');
  await heading(page, 'success');
  must(sent(requests).length === 1, JSON.stringify(requests));
  await close();
});

await test('the page of one account says that the wallet has another one', async () => {
  const { page, close } = await open(ana);
  await page.goto(path('/', { account: ben }));
  await page.waitForURL(/was=/);
  const said = await page.textContent('header .notice');
  must(/account is\s+Admin.*the page was for.*may do/s.test(said), said);
  await page.goto(path('/', { account: ana }));
  must((await page.$('header .notice')) === null, 'it is said without a reason');
  await close();
});

await test('a long policy stays within its table', async () => {
  const { page, close } = await open(null);
  for (const width of [375, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(CONSOLE);
    const found = await page.$eval('[aria-label="Open actions"]', (one) => [one.scrollWidth, one.clientWidth]);
    must(found[0] <= found[1], `${found[0]} px of ${found[1]} at ${width}`);
  }
  await close();
});

await test('on a phone who may approve sees how to refuse', async () => {
  const { page, close } = await open(ben, {}, PHONE);
  await page.goto(path('/action', { id: LONG, account: ben }));
  const box = async (selector) => page.locator(selector).boundingBox();
  const approve = await box('.doing >> text="Approve"');
  const refuse = await box('.doing >> text="Refuse"');
  must(approve.y === refuse.y, `Approve at ${approve.y}, Refuse at ${refuse.y}`);
  await choose(page, 'Refuse');
  must((await main(page)).includes('set policy migrate of Note'), await main(page));
  await close();
});

await report();
