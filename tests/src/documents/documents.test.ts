import assert from 'node:assert/strict';
import { access, readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { readSettings } from '@wikifleet/config/settings';
import { VISIBILITY_SECONDS } from '@wikifleet/queue/lease';
import { GIVE_UP_AT } from '@wikifleet/worker/retries';
import { ROOT } from '../end-to-end/programs.js';

/** Where Markdown of ours is; what was installed or built is not. */
const FOLDERS = ['docs', 'packages', 'apps', 'dev', 'tests', 'terraform', 'bench', 'docker'];
/** Where a variable of the environment is read. */
const SOURCES = ['packages', 'apps', 'dev', 'tests', 'bench', 'scripts', '.ci'];
const NOT_OURS = /(^|\/)(node_modules|dist|fixtures)(\/|$)/;
const LINK = /\]\(([^)\s]+)\)/g;

async function filesIn(folder: string, names: RegExp): Promise<string[]> {
  const inside = await readdir(join(ROOT, folder), { recursive: true }).catch(() => []);
  return inside.filter((path) => names.test(path) && !NOT_OURS.test(path)).map((path) => join(folder, path));
}

async function documents(): Promise<Map<string, string>> {
  const lists = await Promise.all(FOLDERS.map(async (folder) => await filesIn(folder, /\.md$/)));
  const paths = ['README.md', ...lists.flat()];
  const texts = await Promise.all(paths.map(async (path) => await readFile(join(ROOT, path), 'utf8')));
  return new Map(paths.map((path, at) => [path, texts[at] ?? '']));
}

/** What GitHub makes of a heading: the anchor that leads to it. */
function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#{1,6} (.*)$/gm);
  return new Set(
    Array.from(headings, ([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links out of a document that lead nowhere. */
async function deadLinks(path: string, all: ReadonlyMap<string, string>): Promise<string[]> {
  const text = (all.get(path) ?? '').replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const dead: string[] = [];
  for (const [, link = ''] of text.matchAll(LINK)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : relative(ROOT, resolve(ROOT, dirname(path), file));
    const isThere =
      all.has(target) ||
      (await access(join(ROOT, target)).then(
        () => true,
        () => false,
      ));
    if (!isThere) dead.push(`${path}: ${link}`);
    else if (anchor !== undefined && !anchorsOf(all.get(target) ?? '').has(anchor)) dead.push(`${path}: ${link}`);
  }
  return dead;
}

/** Names in the third column of the tables of docs/tuning.md: what sets it on AWS. */
function terraformNamesIn(markdown: string): string[] {
  const cells = markdown
    .split('\n')
    .filter((line) => /^\| .* \|$/.test(line))
    .map((line) => line.split('|')[3] ?? '');
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g), ([, name = '']) => name));
}

describe('documents', () => {
  it('know a link that leads nowhere, and one that does not', async () => {
    const all = new Map([
      ['docs/a.md', '# The top\n[x](b.md) [y](#the-top) [z](#no) [w](../README.md) [v](https://a.b) `[u](c)`'],
    ]);
    assert.deepEqual(await deadLinks('docs/a.md', all), ['docs/a.md: b.md', 'docs/a.md: #no']);
  });

  it('link to what is there', async () => {
    const all = await documents();
    assert.ok(all.size > 15);
    const dead = await Promise.all([...all.keys()].map(async (path) => await deadLinks(path, all)));
    assert.deepEqual(dead.flat(), []);
  });

  it('name no variable of the environment that nobody reads', async () => {
    const sources = (
      await Promise.all(SOURCES.map(async (folder) => await filesIn(folder, /(\.(ts|mjs|sh)|^run)$/)))
    ).flat();
    const own = relative(ROOT, import.meta.filename)
      .replace('/dist/', '/src/')
      .replace(/\.js$/, '.ts');
    const read = new Set<string>();
    for (const path of sources) {
      if (path === own) continue;
      for (const [name] of (await readFile(join(ROOT, path), 'utf8')).matchAll(/WIKIFLEET_[A-Z0-9_]+/g)) read.add(name);
    }
    assert.ok(read.has('WIKIFLEET_BUCKET') && !read.has('WIKIFLEET_BUCKETS'));
    const unknown: string[] = [];
    for (const [path, text] of await documents()) {
      for (const [name] of text.matchAll(/WIKIFLEET_[A-Z0-9_]+/g))
        if (!read.has(name)) unknown.push(`${path}: ${name}`);
    }
    assert.deepEqual(unknown, []);
  });

  it('name no variable of Terraform that is not there', async () => {
    const variables = await readFile(join(ROOT, 'terraform/variables.tf'), 'utf8');
    const known = new Set(Array.from(variables.matchAll(/^variable "(\w+)"/gm), ([, name = '']) => name));
    const named = terraformNamesIn(await readFile(join(ROOT, 'docs/tuning.md'), 'utf8'));
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  it('name the defaults of Terraform as they are', async () => {
    const variables = await readFile(join(ROOT, 'terraform/variables.tf'), 'utf8');
    const wrong: string[] = [];
    let compared = 0;
    const tuning = await readFile(join(ROOT, 'docs/tuning.md'), 'utf8');
    for (const [, name = '', said = ''] of tuning.matchAll(/`([a-z]+(?:_[a-z]+)*)`, (\d+)(?= \|)/g)) {
      const block = new RegExp(`^variable "${name}" \\{.*?^\\}`, 'ms').exec(variables)?.[0] ?? '';
      const received = /^ {2}default += (\d+)$/m.exec(block)?.[1];
      compared += 1;
      if (received !== said) wrong.push(`${name}: expected ${received}, received ${said}`);
    }
    assert.ok(compared >= 5);
    assert.deepEqual(wrong, []);
  });

  it('name the defaults of the environment as they are', async () => {
    let compared = 0;
    const wrong: string[] = [];
    // the default stands second in one table, and last in the other
    for (const [path, column] of [
      ['docs/tuning.md', 2],
      ['docs/operating.md', 3],
    ] as const) {
      for (const line of (await readFile(join(ROOT, path), 'utf8')).split('\n')) {
        const cells = line.split('|').map((cell) => cell.trim());
        const name = /^`(WIKIFLEET_\w+)`$/.exec(cells[1] ?? '')?.[1];
        const said = /^(?:(\d+)\b|`([\w.]+)`$)/
          .exec(cells[column] ?? '')
          ?.slice(1)
          .find((text) => text !== undefined);
        if (name === undefined || said === undefined) continue;
        const settings: Readonly<Record<string, unknown>> = readSettings({}, [name as 'WIKIFLEET_WORKERS']);
        compared += 1;
        if (String(settings[name]) !== said)
          wrong.push(`${path}: ${name}: expected ${String(settings[name])}, received ${said}`);
      }
    }
    assert.ok(compared >= 12, `${compared}`);
    assert.deepEqual(wrong, []);
  });

  it('show a lease and a last delivery as the code has them', async () => {
    const picture = await readFile(join(ROOT, 'docs/pictures/job.svg'), 'utf8');
    assert.match(picture, new RegExp(`hidden for ${VISIBILITY_SECONDS} s`));
    assert.match(picture, new RegExp(`extended every ${VISIBILITY_SECONDS / 4} s`));
    assert.match(picture, new RegExp(`received ${GIVE_UP_AT} times`));
  });
});
