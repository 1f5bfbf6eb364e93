// Pictures of pages, compared with those that are committed. What differs from run to run (addresses,
// hashes, times, blocks, gas) is written over by what has the same shape. The browser and its fonts are
// of pinned packages. A picture is reduced, so that the edges of letters do not matter.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';

const require = createRequire(join(process.cwd(), 'package.json'));
const { PNG } = require('pngjs');
const { default: pixelmatch } = await import(pathToFileURL(require.resolve('pixelmatch')));
const { EXPECTED, PICTURES, BOOK, UPDATE } = process.env;

// Pictures differ between machines by fonts and by what the chain holds. So Chromium gets the fonts of one pinned
// package, addresses, hashes, times, blocks and gas become zeros of the same length, the pictures of addresses become
// squares, and each pixel of a committed picture is the average of a square of the page.
// Pixels of the page along each side of one pixel of a committed picture.
const REDUCED = 4;
// How far the levels of a color are from each other in a committed picture.
const LEVEL = 17;
// Which share of a picture's pixels may differ, and by how many its height.
const SHARE_MAX = 0.01;
const ROWS_MAX = 2;
export const SHOWN = [[1280, 'light'], [1280, 'dark'], [375, 'light'], [375, 'dark']];
// A picture of the book.
const BOOK_WIDTH = 1000;
const MARGIN = 12;

export const isUpdate = UPDATE === '1';

// Writes over what differs from run to run.
function mask() {
  const masks = [
    [/0x[0-9a-f]{6,}/gi, (hex) => `0x${'0'.repeat(hex.length - 2)}`],
    [/…[0-9a-f]{6}\b/gi, () => '…000000'],
    [/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/g, (time) => time.replace(/\d/g, '0')],
    [/\b\d{1,3}(,\d{3})+\b/g, () => '0,000'],
    [/\bblock \d+/g, () => 'block 0'],
  ];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const masked = masks.reduce((masked, [found, put]) => masked.replace(found, put), text.data);
    if (masked !== text.data) text.data = masked;
  }
  for (const path of document.querySelectorAll('.identicon path')) {
    path.setAttribute('d', 'M1 1h3v3h-3z');
    path.setAttribute('fill', 'gray');
  }
}

// A picture whose pixels are the averages of squares.
function reduced({ width, height, data }) {
  const small = new PNG({ width: Math.floor(width / REDUCED), height: Math.floor(height / REDUCED) });
  for (let y = 0; y < small.height; y += 1) {
    for (let x = 0; x < small.width; x += 1) {
      for (let channel = 0; channel < 4; channel += 1) {
        let sum = 0;
        for (let row = 0; row < REDUCED; row += 1) {
          for (let column = 0; column < REDUCED; column += 1) {
            sum += data[((y * REDUCED + row) * width + x * REDUCED + column) * 4 + channel];
          }
        }
        small.data[(y * small.width + x) * 4 + channel] = sum / REDUCED ** 2;
      }
    }
  }
  return small;
}

// A part of a PNG file: its length, its name, its data, and their checksum.
function part(name, data) {
  const named = Buffer.concat([Buffer.from(name), data]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(data.length, 0);
  numbers.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([numbers.subarray(0, 4), named, numbers.subarray(4)]);
}

// A picture with fewer colors, as a file: one byte for each pixel, which says which of at most 256 colors it has.
// pngjs reads such files and writes none; where there are more colors, it writes three bytes for each pixel.
function bytes(picture) {
  const { width, height } = picture;
  const data = picture.data.map((level) => Math.round(level / LEVEL) * LEVEL);
  const palette = new Map();
  const rows = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < width * height; at += 1) {
    const [red, green, blue] = data.subarray(at * 4, at * 4 + 3);
    const color = (red << 16) | (green << 8) | blue;
    if (!palette.has(color)) palette.set(color, palette.size);
    rows[at + Math.floor(at / width) + 1] = palette.get(color);
  }
  if (palette.size > 256) {
    return PNG.sync.write({ ...picture, data }, { colorType: 2, deflateLevel: 9, deflateStrategy: 0, filterType: 0 });
  }
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const colors = Buffer.from([...palette.keys()].flatMap((one) => [one >> 16, (one >> 8) & 255, one & 255]));
  const begin = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [part('IHDR', head), part('PLTE', colors), part('IDAT', deflateSync(rows, { level: 9 }))];
  return Buffer.concat([begin, ...parts, part('IEND', Buffer.alloc(0))]);
}

// The upper rows of a picture.
function upper(picture, height) {
  const part = new PNG({ width: picture.width, height });
  PNG.bitblt(picture, part, 0, 0, picture.width, height, 0, 0);
  return part;
}

// What differs, in words; empty where nothing does. `difference` is drawn into a file.
function differs(expected, found, difference) {
  const size = ({ width, height }) => `${width} x ${height}`;
  if (expected.width !== found.width || Math.abs(expected.height - found.height) > ROWS_MAX) {
    return `expected ${size(expected)} pixels, found ${size(found)}`;
  }
  const { width } = expected;
  const height = Math.min(expected.height, found.height);
  const [before, after] = [upper(expected, height), upper(found, height)];
  const marked = new PNG({ width, height });
  const count = pixelmatch(before.data, after.data, marked.data, width, height, { threshold: 0.1 });
  const share = count / (width * height);
  process.stderr.write(`${difference}: ${(share * 100).toFixed(2)} % of the pixels differ\n`);
  if (share <= SHARE_MAX) return '';
  writeFileSync(difference, bytes(marked));
  return `expected at most ${SHARE_MAX * 100} % of the pixels to differ, found ${(share * 100).toFixed(1)} %`;
}

// Compares a page with its committed pictures, or writes these. The page is of no use afterwards.
export async function compare(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  const found = [];
  for (const [width, colorScheme] of SHOWN) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(mask);
    const picture = reduced(PNG.sync.read(await page.screenshot({ fullPage: true, animations: 'disabled' })));
    const file = `${name}-${width}-${colorScheme}.png`;
    const committed = join(EXPECTED, file);
    if (isUpdate) {
      mkdirSync(EXPECTED, { recursive: true });
      writeFileSync(committed, bytes(picture));
      continue;
    }
    writeFileSync(join(PICTURES, `reduced-${file}`), bytes(picture));
    const what = existsSync(committed)
      ? differs(PNG.sync.read(readFileSync(committed)), picture, join(PICTURES, `difference-${file}`))
      : 'there is no committed picture';
    if (what) found.push(`${file}: ${what}`);
  }
  if (found.length) {
    throw new Error(`${found.join('; ')}\nfound      ${PICTURES}/reduced-*.png\n`
      + 'next       look at them; STYLUS_UPGRADES_UPDATE=1 writes them again where the page was meant to change');
  }
}

// Writes a picture of the book: the page from its top, or from the section with one heading, down to the
// end of the section with another.
export async function drawn(page, name, [first, last]) {
  mkdirSync(BOOK, { recursive: true });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: BOOK_WIDTH, height: 900 });
  const section = (heading) => page.locator(`#main > section:has(> h2:text-is("${heading}"))`).boundingBox();
  const top = first ? (await section(first)).y : 0;
  const { y, height } = await section(last);
  const clip = { x: 0, y: top, width: BOOK_WIDTH, height: y + height + MARGIN - top };
  const picture = PNG.sync.read(await page.screenshot({ fullPage: true, clip, animations: 'disabled' }));
  writeFileSync(join(BOOK, `console-${name}.png`), bytes(picture));
}
