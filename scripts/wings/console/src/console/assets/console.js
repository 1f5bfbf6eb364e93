// What wallets need (EIP-1193, EIP-6963), and news of the chain. Everything else is on the page
// already. Nothing here holds a key, and nothing here changes anything on the server.
'use strict';

const $ = (id) => document.getElementById(id);
const wallets = new Map();
let wallet = null;
let connected = false;

// ---- text of others: characters that hide themselves or turn the direction are shown as escapes ----

const HIDDEN = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800]|[^\S ]/gu;
const visible = (text) => String(text).replace(HIDDEN, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);

// ---- addresses, to be copied whole ----

function offer_copies(root) {
  for (const one of root.querySelectorAll('[data-copy]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'copy';
    button.setAttribute('aria-label', `copy ${one.dataset.copy}`);
    one.after(' ', button);
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.previousElementSibling.dataset.copy);
  button.textContent = 'copied';
}

// ---- what went wrong: expected, found, next ----

function report(place, error) {
  place.replaceChildren();
  if (!error) return;
  const box = document.createElement('section');
  box.className = 'card danger';
  const title = document.createElement('h3');
  title.textContent = visible(error.message);
  const list = document.createElement('dl');
  for (const name of ['expected', 'found', 'next']) {
    if (!error[name]) continue;
    const term = document.createElement('dt');
    term.textContent = name;
    const value = document.createElement('dd');
    value.textContent = visible(error[name]);
    list.append(term, value);
  }
  box.append(title, list);
  place.append(box);
}

const problem = (message, expected, found, next) => ({ message, expected, found, next });

function ofWallet(error) {
  if (error && error.code === 4001) {
    return problem('the wallet declined', 'a signature', 'a rejection by its user',
      'nothing was sent; try again to sign');
  }
  const found = error && error.message ? String(error.message).slice(0, 400) : String(error);
  return problem('the wallet refused', 'an answer', found, 'look into the wallet, then try again');
}

// ---- the wallet ----

addEventListener('eip6963:announceProvider', (event) => {
  const { info, provider } = event.detail || {};
  if (info && provider) wallets.set(info.uuid, { name: info.name, provider });
});
dispatchEvent(new Event('eip6963:requestProvider'));

function known() {
  const all = [...wallets.values()];
  if (!all.length && window.ethereum) all.push({ name: 'browser wallet', provider: window.ethereum });
  return all;
}

function look(account) {
  const url = new URL(location.href);
  const before = url.searchParams.get('account') || '';
  if (before.toLowerCase() === account.toLowerCase()) return;
  url.searchParams.set('account', account);
  // The page says whose it was.
  if (before) url.searchParams.set('was', before);
  location.replace(url);
}

async function use(one, ask) {
  wallet = one.provider;
  try {
    const method = ask ? 'eth_requestAccounts' : 'eth_accounts';
    const [account] = await wallet.request({ method });
    connected = Boolean(account);
    if (account) look(account);
  } catch (error) {
    report($('news'), ofWallet(error));
  }
  if (wallet.on) wallet.on('accountsChanged', ([account]) => account && look(account));
}

// Wallets announce themselves at once. The account that the only one shares already is taken without a
// question to its user.
const discovered = new Promise((done) => { setTimeout(done, 50); }).then(() => {
  const all = known();
  return all.length === 1 ? use(all[0], false) : null;
}).then(() => {
  const button = $('connect');
  if (button && !connected) button.hidden = false;
});

function connect() {
  const all = known();
  const place = $('wallets');
  place.replaceChildren();
  if (!all.length) {
    place.textContent = ' This browser has no wallet (EIP-6963, EIP-1193).';
  } else if (all.length === 1) {
    use(all[0], true);
  } else {
    for (const one of all) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = visible(one.name);
      button.addEventListener('click', () => use(one, true));
      place.append(' ', button);
    }
  }
}

// ---- doing ----

async function document_of(path) {
  const response = await fetch(path);
  const text = await response.text();
  let found;
  try { found = JSON.parse(text); } catch { throw problem('the console did not answer', 'a document', text.slice(0, 200), 'open the page again'); }
  if (found.error) throw found.error;
  return found;
}

async function ready(expected) {
  await discovered;
  if (!wallet) throw problem('no wallet is connected', 'a wallet', 'none', 'connect one, above');
  const chain = Number(document.body.dataset.chain);
  const found = Number(await wallet.request({ method: 'eth_chainId' }));
  if (found !== chain) {
    throw problem('the wallet is on another chain', `chain ${chain}`, `chain ${found}`, 'switch the wallet to the registry’s chain');
  }
  const [account] = await wallet.request({ method: 'eth_accounts' });
  if (!account || account.toLowerCase() !== expected.toLowerCase()) {
    throw problem('the wallet has another account now', expected, account || 'none', 'open the page with that account');
  }
}

async function sent(transaction) {
  const hash = await wallet.request({ method: 'eth_sendTransaction', params: [transaction] });
  $('done').textContent = `sent: ${hash}. Waiting for its block…`;
  for (let round = 0; round < 240; round += 1) {
    const receipt = await wallet.request({ method: 'eth_getTransactionReceipt', params: [hash] });
    if (receipt) {
      if (Number(receipt.status) === 1) return hash;
      throw problem('the transaction reverted', 'success', `status ${receipt.status} of ${hash}`, 'open the action again: it may have changed meanwhile');
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw problem('the transaction is in no block yet', 'a receipt within two minutes', hash, 'look for it in the wallet: it may have been dropped or replaced');
}

function download(name, content) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
  link.download = name;
  link.textContent = name;
  $('done').replaceChildren('file: ', link);
  link.click();
}

async function act(button) {
  const { do: what, id, safe } = button.dataset;
  const account = document.body.dataset.account;
  report($('failed'), null);
  button.disabled = true;
  // A file for a contract's owners needs no wallet.
  const isFile = what === 'safe';
  try {
    if (!isFile) await ready(account);
    // What was read may have changed since: it is asked for once more, and compared.
    const query = new URLSearchParams(isFile ? { id, do: what, safe } : { id, do: what, account });
    const now = await document_of(`/api/before?${query}`);
    if (now.stamp !== button.dataset.stamp) {
      throw problem('the action changed meanwhile', $('sentence').textContent, now.sentence, 'open this page again and read it; a migration that stores the block or its time differs each time: approve it in a terminal');
    }
    if (now.consent === 'refused' || (now.consent === 'needed' && !$('yes').checked)) {
      throw problem('a check refuses the action', 'an explicit yes', 'none', 'read what was found');
    }
    if (isFile) {
      download(`safe-${id.slice(2, 10)}-${safe.slice(2, 10)}.json`, now.builder);
      return;
    }
    // That took time: the wallet may be on another chain by now, or have another account.
    await ready(account);
    if (what === 'sign') {
      const typed = JSON.stringify(now.typed_data);
      const signature = await wallet.request({ method: 'eth_signTypedData_v4', params: [account, typed] });
      const file = { ...now.typed_data, approval: now.approval, signature };
      download(`approval-${id.slice(2, 10)}-${account.slice(2, 10)}.json`, `${JSON.stringify(file, null, 2)}\n`);
      return;
    }
    await sent(now.transaction);
    location.assign(`/action?${new URLSearchParams({ id: now.action, account })}`);
  } catch (error) {
    $('done').textContent = '';
    report($('failed'), error && error.expected !== undefined ? error : ofWallet(error));
  } finally {
    button.disabled = Boolean($('yes') && !$('yes').checked);
  }
}

addEventListener('change', (event) => {
  if (event.target.id === 'yes') $('do').disabled = !event.target.checked;
});

addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.className === 'copy') copy(button);
  else if (button.id === 'connect') connect();
  else if (button.dataset.do) act(button);
});

// ---- news of the chain ----

let drawn = 0;

async function refresh() {
  // Nobody loses what he is about to decide on.
  if (document.querySelector('[data-do]')) {
    $('news').textContent = 'There is news on the chain: open this page again before you decide.';
    return;
  }
  // Drawing it takes thousands of requests to the endpoint: the reader has to ask for it.
  if ($('main').dataset.costly !== undefined) {
    $('news').textContent = 'There is news on the chain: open this page again to see it.';
    return;
  }
  drawn += 1;
  const own = drawn;
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  const main = page.getElementById('main');
  // A page that was asked for later shows more.
  if (!main || own !== drawn) return;
  const hasFocus = $('main') === document.activeElement;
  keep_unfolded(main);
  offer_copies(main);
  $('main').replaceWith(main);
  if (hasFocus) main.focus();
}

// What the reader has unfolded stays so.
function keep_unfolded(main) {
  const words = (one) => one.querySelector('summary').textContent;
  const open = new Set([...document.querySelectorAll('#main details[open]')].map(words));
  for (const one of main.querySelectorAll('details')) one.open = open.has(words(one));
}

// What is known of chain and console.
let chain_is_gone = false;
let console_is_gone = false;

// When the first delay ends that this page shows, in Unix seconds.
function due() {
  const all = [...document.querySelectorAll('#main [data-due]')].map((one) => Number(one.dataset.due));
  return all.length ? Math.min(...all) : '';
}

// Whether something happened since this page was drawn, and whether the chain answers. A browser opens six
// connections to a host: of all its pages one asks at a time.
async function catch_up() {
  const { block = '', hash = '' } = $('main').dataset;
  const query = new URLSearchParams({ block, hash, due: due() });
  let found;
  try {
    found = await navigator.locks.request('news', () => document_of(`/api/news?${query}`));
  } catch (error) {
    console_is_gone = error instanceof TypeError; // what fetch throws where nobody answers
    if (console_is_gone) $('news').textContent = 'The console does not answer: it was stopped, or is restarting.';
    return;
  }
  const is_back = console_is_gone || (chain_is_gone && !found.gone);
  console_is_gone = false;
  chain_is_gone = Boolean(found.gone);
  if (chain_is_gone) $('news').textContent = `The chain does not answer: ${visible(found.gone)}`;
  else if (is_back) $('news').textContent = 'The chain answers again.';
  if (!chain_is_gone && (is_back || found.changed)) await refresh();
}

// What fails now is tried again until this page shows what the chain says.
async function keep_up() {
  try {
    await catch_up();
  } catch { /* it is tried again below */ }
  setTimeout(keep_up, 2_000);
}

offer_copies(document);
keep_up();
