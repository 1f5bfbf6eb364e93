// The console in a real browser, in every run: two wallets approve a migration, a stranger sees that
// he is none, and what others named is text. `long.mjs` has everything else.
import { compare } from './pictures.mjs';
import { ACTION, act, ana, ben, CONSOLE, heading, main, must, open, path, report, sent, stranger, test } from './suite.mjs';

const { HOSTILE } = process.env;

await test('a stranger is shown to be no approver', async () => {
  const { page, requests, close } = await open(stranger);
  await page.goto(path('/action', { id: ACTION, account: stranger }));
  must((await main(page)).includes('This account is not an approver'), await main(page));
  await page.goto(path('/before', { id: ACTION, do: 'approve', account: stranger }));
  const refusal = await main(page);
  for (const word of ['expected', 'found', 'next']) must(refusal.includes(word), refusal);
  must((await page.$('#do')) === null, 'there is a button');
  must(!sent(requests).length, 'the wallet was asked');
  await compare(page, 'refused');
  await page.goto(path('/action', { id: ACTION, account: stranger }));
  await compare(page, 'stranger');
  await close();
});

await test('names of others are text', async () => {
  const { page, close } = await open(null);
  const pages = {
    'named-by-others': path('/definition', { name: HOSTILE }),
    'registry-of-two': path('/definition', { name: '' }),
    'overview-of-two': CONSOLE,
  };
  for (const [name, url] of Object.entries(pages)) {
    await page.goto(url);
    const text = await main(page);
    must(text.includes(HOSTILE), `${url}: ${text}`);
    must(await page.evaluate(() => document.querySelector('#main img') === null && !('hacked' in globalThis)), url);
    await compare(page, name);
  }
  await close();
});

await test('two wallets approve a migration, and see 2/2 activated', async () => {
  const two = await open(ben);
  await two.page.goto(CONSOLE);
  await two.page.waitForURL(/account=/);
  must((await two.page.textContent('.mine + div')).includes('migrate Note to 2.0'), await main(two.page));
  await two.page.click('.mine + div a');
  await heading(two.page, '1 of 2');
  // The first approval came from a terminal: it is withdrawn, and given by a wallet.
  const one = await open(ana);
  await one.page.goto(path('/action', { id: ACTION, account: ana }));
  const withdrawn = await act(one.page, 'Withdraw the approval');
  must(withdrawn.includes('withdrawn'), withdrawn);
  await heading(one.page, '0 of 2');
  await heading(two.page, '0 of 2');
  const first = await act(one.page, 'Approve');
  must(first.includes('approval 1 of 2'), first);
  await heading(one.page, '1 of 2');
  await heading(two.page, '1 of 2');
  const second = await act(two.page, 'Approve');
  must(second.includes('completes the policy (2/2)'), second);
  await heading(two.page, 'success 2/2 activated');
  await heading(one.page, 'success 2/2 activated');
  const activated = await main(two.page);
  must(activated.includes('current 2.0; 1 instance still runs 1.0: stylus-upgrades upgrade Note'), activated);
  must(sent(one.requests).length === 2, JSON.stringify(one.requests));
  must(sent(two.requests).length === 1, JSON.stringify(two.requests));
  await one.close();
  await two.close();
});

await report();
