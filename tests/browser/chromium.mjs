// Chromium from npm: unpacked once, with the libraries of its package where this machine has none, and
// with the fonts of another package alone, so that pages look the same on every machine.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const entry = require.resolve('@sparticuz/chromium');
const bundle = await import(entry);
const home = join(dirname(entry), '..');
const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));

// How long anything may take. It costs nothing where things work, and busy machines are slow.
export const TIMEOUT = 120_000;

// Renamed once it is whole: a process that is ended meanwhile leaves no half of a browser, and others
// that unpack at the same moment use the first that is done.
async function unpacked() {
  const folder = resolve(`unpacked-${version}`);
  if (existsSync(folder)) return folder;
  const begun = mkdtempSync(`${folder}.`);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = begun;
  await bundle.default.executablePath();
  await bundle.inflate(join(home, 'bin', 'al2023.tar.br'));
  if (before === undefined) delete process.env.TMPDIR; else process.env.TMPDIR = before;
  try {
    renameSync(begun, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(begun, { recursive: true });
  }
  return folder;
}

// What fontconfig reads in place of the machine's own settings: four fonts, and which family each is.
function fonts() {
  const folder = resolve('fonts');
  const file = join(folder, 'fonts.conf');
  mkdirSync(folder, { recursive: true });
  for (const name of ['Sans', 'Sans-Bold', 'SansMono', 'SansMono-Bold']) {
    const font = `DejaVu${name}.ttf`;
    copyFileSync(join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf', font), join(folder, font));
  }
  const family = (name, own) => `<alias binding="same"><family>${name}</family><prefer><family>${own}</family></prefer></alias>`;
  writeFileSync(file, `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${folder}</dir><cachedir>${join(folder, 'cache')}</cachedir>
${family('system-ui', 'DejaVu Sans')}${family('sans-serif', 'DejaVu Sans')}${family('monospace', 'DejaVu Sans Mono')}
</fontconfig>
`);
  return file;
}

const folder = await unpacked();
const executablePath = join(folder, 'chromium');
const bundled = { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') };

function starts(libraries) {
  const env = { ...process.env, ...libraries };
  return spawnSync(executablePath, ['--no-sandbox', '--version'], { env, encoding: 'utf8', timeout: TIMEOUT });
}

// Which libraries are needed here beside the system's: none, or those of the package.
function libraries() {
  const system = starts({});
  if (system.status === 0) return {};
  const own = starts(bundled);
  if (own.status === 0) return bundled;
  throw new Error(`Chromium does not start\nexpected  it runs with the libraries of its package\n`
    + `found     ${own.error ?? own.stderr}; with the system's alone: ${system.error ?? system.stderr}\n`
    + 'next      install what is missing (apt-get install libnss3 libnspr4 libexpat1)');
}

// A browser, with further arguments if any are given. `isBundled` uses the libraries of the package instead of the
// machine's.
export async function launch({ isBundled = false, more = [] } = {}) {
  const chosen = isBundled ? bundled : libraries();
  process.stderr.write(`Chromium with the libraries of ${chosen === bundled ? 'its package' : 'this machine'}\n`);
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', ...more],
    env: { ...process.env, ...chosen, FONTCONFIG_FILE: fonts() },
    timeout: TIMEOUT,
  });
}
