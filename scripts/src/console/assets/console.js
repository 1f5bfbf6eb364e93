// What wallets need (EIP-1193, EIP-6963), and news of the chain. Everything else is on the page
// already. Nothing here holds a key, and nothing here changes anything on the server.
'use strict';

const $ = (id) => document.getElementById(id);
const wallets = new Map();
let wallet = null;

// ---- what went wrong: expected, found, next ----

function tell(place, error) {
  place.replaceChildren();
  if (!error) return;
  const box = document.createElement('section');
  box.className = 'card danger';
  const title = document.createElement('h3');
  title.textContent = error.message;
  const list = document.createElement('dl');
  for (const name of ['expected', 'found', 'next']) {
    if (!error[name]) continue;
    const term = document.createElement('dt');
    term.textContent = name;
    const value = document.createElement('dd');
    value.textContent = error[name];
    list.append(term, value);
  }
  box.append(title, list);
  place.append(box);
}

const problem = (message, expected, found, next) => ({ message, expected, found, next });

function ofWallet(error) {
  if (error && error.code === 4001) {
    return problem('the wallet declined', 'a signature', 'a rejection by its user',
      'nothing was sent; try again when it is meant');
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
  if ((url.searchParams.get('account') || '').toLowerCase() === account.toLowerCase()) return;
  url.searchParams.set('account', account);
  location.replace(url);
}

async function use(one, ask) {
  wallet = one.provider;
  try {
    const method = ask ? 'eth_requestAccounts' : 'eth_accounts';
    const [account] = await wallet.request({ method });
    if (account) look(account);
  } catch (error) {
    tell($('news'), ofWallet(error));
  }
  if (wallet.on) wallet.on('accountsChanged', ([account]) => account && look(account));
}

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
      button.textContent = one.name;
      button.addEventListener('click', () => use(one, true));
      place.append(' ', button);
    }
  }
}

// ---- doing ----

async function document_of(path, body) {
  const response = await fetch(path, body ? {
    method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' },
  } : {});
  const text = await response.text();
  let found;
  try { found = JSON.parse(text); } catch { throw problem('the console did not answer', 'a document', text.slice(0, 200), 'open the page again'); }
  if (found.error) throw found.error;
  return found;
}

async function ready(asked) {
  if (!wallet) throw problem('no wallet is connected', 'a wallet', 'none', 'connect one, above');
  const chain = Number(document.body.dataset.chain);
  const found = Number(await wallet.request({ method: 'eth_chainId' }));
  if (found !== chain) {
    throw problem('the wallet is on another chain', `chain ${chain}`, `chain ${found}`, 'switch the wallet to the registry’s chain');
  }
  const [account] = await wallet.request({ method: 'eth_accounts' });
  if (!account || account.toLowerCase() !== asked.toLowerCase()) {
    throw problem('the wallet has another account now', asked, account || 'none', 'open the page with that account');
  }
}

async function sent(transaction) {
  const hash = await wallet.request({ method: 'eth_sendTransaction', params: [transaction] });
  $('done').textContent = `sent: ${hash}. Waiting for its block…`;
  for (let turn = 0; turn < 240; turn += 1) {
    const receipt = await wallet.request({ method: 'eth_getTransactionReceipt', params: [hash] });
    if (receipt) {
      if (Number(receipt.status) === 1) return hash;
      throw problem('the transaction was mined and failed', 'success', `status ${receipt.status} of ${hash}`, 'open the action again: it may have changed meanwhile');
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
  $('done').replaceChildren('signed: ', link);
  link.click();
}

let prepared = null;

async function act(button) {
  const { do: what, id } = button.dataset;
  const account = document.body.dataset.account;
  tell($('failed'), null);
  button.disabled = true;
  try {
    await ready(account);
    if (what === 'submit') {
      await sent(prepared.transaction);
      location.assign(`/action?${new URLSearchParams({ id: prepared.action, account })}`);
      return;
    }
    // What was read may have changed since: it is asked for once more, and compared.
    const query = new URLSearchParams({ id, do: what, account });
    const now = await document_of(`/api/before?${query}`);
    if (now.stamp !== button.dataset.stamp) {
      throw problem('the action changed meanwhile', $('sentence').textContent, now.sentence, 'open this page again and read it');
    }
    if (what === 'sign') {
      const typed = JSON.stringify(now.typed_data);
      const signature = await wallet.request({ method: 'eth_signTypedData_v4', params: [account, typed] });
      const file = { ...now.typed_data, approval: now.approval, signer: account, signature };
      download(`approval-${id.slice(2, 10)}-${account.slice(2, 10)}.json`, `${JSON.stringify(file, null, 2)}\n`);
      return;
    }
    await sent(now.transaction);
    location.assign(`/action?${new URLSearchParams({ id, account })}`);
  } catch (error) {
    $('done').textContent = '';
    tell($('failed'), error && error.expected !== undefined ? error : ofWallet(error));
  } finally {
    button.disabled = false;
  }
}

async function check() {
  tell($('failed'), null);
  $('sentence').textContent = '';
  const button = document.querySelector('[data-do=submit]');
  button.hidden = true;
  try {
    const files = [];
    for (const file of $('files').files) files.push({ name: file.name, text: await file.text() });
    const account = document.body.dataset.account;
    if (!account) throw problem('no wallet is connected', 'an account that sends', 'none', 'connect one, above');
    prepared = await document_of('/api/submit', { account, files });
    $('sentence').textContent = prepared.sentence;
    const list = $('digest-list');
    list.replaceChildren();
    for (const [name, digest] of Object.entries(prepared.digests)) {
      const term = document.createElement('dt');
      term.textContent = `${name} digest`;
      const value = document.createElement('dd');
      value.textContent = digest;
      list.append(term, value);
    }
    button.hidden = false;
  } catch (error) {
    tell($('failed'), error && error.message ? error : problem('the files cannot be used', '', String(error), ''));
  }
}

addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.id === 'connect') connect();
  else if (button.id === 'check') check();
  else if (button.dataset.do) act(button);
});

// ---- news of the chain ----

async function refresh() {
  // Nobody loses what he is about to decide on.
  if (document.querySelector('[data-do]') || $('files')) {
    $('news').textContent = 'There is news on the chain: open this page again before you decide.';
    return;
  }
  const response = await fetch(location.href);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const main = page.getElementById('main');
  if (main) $('main').replaceWith(main);
}

const news = new EventSource('/events');
news.addEventListener('changed', refresh);
news.addEventListener('gone', (event) => { $('news').textContent = `The chain does not answer: ${JSON.parse(event.data)}`; });
news.addEventListener('back', () => { $('news').textContent = 'The chain answers again.'; refresh(); });
news.onerror = () => { $('news').textContent = 'The console does not answer: it was ended, or restarts.'; };
news.onopen = () => { $('news').textContent = ''; };

setInterval(() => {
  for (const place of document.querySelectorAll('[data-until]')) {
    const left = Math.max(0, Number(place.dataset.until) - Math.floor(Date.now() / 1000));
    place.textContent = left ? `(${Math.floor(left / 3600)} h ${Math.floor(left / 60) % 60} min ${left % 60} s left)` : '(over)';
  }
}, 1000);

// The account that the wallet shares already, without a question to its user.
setTimeout(() => { const all = known(); if (all.length === 1) use(all[0], false); }, 50);
