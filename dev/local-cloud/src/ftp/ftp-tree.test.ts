import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { directoryTree } from './directory-tree.js';
import { resolvePath } from './ftp-tree.js';
import type { FtpTree } from './ftp-tree.js';
import { mappedTree } from './mapped-tree.js';

describe('resolvePath', () => {
  const table: [current: string, argument: string, path: string | null][] = [
    ['/a', 'b\u0000', null],
    ['/a', 'b\r\nQUIT', null],
    ['/a', 'x'.repeat(5000), null],
    ['/a', '', '/a'],
    ['/a', 'b', '/a/b'],
    ['/a', '/b', '/b'],
    ['/a', '../../../b', '/b'],
    ['/a', './/b/../c/', '/a/c'],
    ['/', '..', '/'],
  ];
  for (const [current, argument, path] of table) {
    it(`${current} and ${JSON.stringify(argument.slice(0, 20))}`, () =>
      assert.equal(resolvePath(current, argument), path));
  }
});

async function namesOf(tree: FtpTree, path: string): Promise<string[] | undefined> {
  return (await tree.entries(path))?.map(({ name, directory, size }) => `${name}${directory ? '/' : ` ${size}`}`);
}

describe('directoryTree', () => {
  let folder = '';
  let tree: FtpTree;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftp-tree-'));
    await mkdir(join(folder, 'root', 'aawiki'), { recursive: true });
    await mkdir(join(folder, 'root-beside'));
    await writeFile(join(folder, 'secret'), 'secret');
    await writeFile(join(folder, 'root-beside', 'secret'), 'secret');
    await writeFile(join(folder, 'root', 'aawiki', 'a'), '0123456789');
    await symlink(join(folder, 'secret'), join(folder, 'root', 'out'));
    await symlink('../root-beside', join(folder, 'root', 'beside'));
    await symlink('aawiki', join(folder, 'root', 'latest'));
    await symlink('circle', join(folder, 'root', 'circle'));
    tree = directoryTree(join(folder, 'root'));
  });

  after(() => rm(folder, { recursive: true }));

  for (const path of ['/out', '/beside', '/beside/secret', '/circle', '/none', '/aawiki/a/b', '/a\0b', '/../secret']) {
    it(`has nothing at ${JSON.stringify(path)}`, async () => {
      assert.equal(await tree.stat(path), null);
      assert.equal(await tree.entries(path), null);
      await assert.rejects(text(tree.open(path, 0)));
    });
  }

  it('lists and reads what is inside, through links that stay inside', async () => {
    assert.deepEqual(await namesOf(tree, '/'), ['aawiki/', 'latest/']);
    assert.deepEqual(await namesOf(tree, '/latest'), ['a 10']);
    assert.equal(await tree.entries('/aawiki/a'), null);
    assert.equal(await text(tree.open('/latest/a', 4)), '456789');
  });
});

describe('mappedTree', () => {
  it('refuses paths that are not normal', () => {
    for (const path of ['', 'a', '/', '/a/', '/a/../b', '//a']) {
      assert.throws(() => mappedTree(new Map([[path, 'x']])), { code: 'FTP_PATH' }, path);
    }
  });

  it('makes folders up, reads files and bytes, and has no file that is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ftp-tree-'));
    try {
      await writeFile(join(folder, 'real'), '0123456789');
      const tree = mappedTree(
        new Map<string, string | Uint8Array>([
          ['/aawiki/20261001/real', join(folder, 'real')],
          ['/aawiki/20261001/gone', join(folder, 'gone')],
          ['/aawiki/bytes', Buffer.from('0123456789')],
        ]),
      );
      assert.deepEqual(await namesOf(tree, '/'), ['aawiki/']);
      assert.deepEqual(await namesOf(tree, '/aawiki'), ['20261001/', 'bytes 10']);
      assert.deepEqual(await namesOf(tree, '/aawiki/20261001'), ['real 10']);
      assert.equal(await tree.entries('/aa'), null);
      assert.equal((await tree.stat('/aawiki'))?.directory, true);
      assert.equal(await tree.stat('/aawiki/20261001/gone'), null);
      assert.equal(await text(tree.open('/aawiki/20261001/real', 4)), '456789');
      assert.equal(await text(tree.open('/aawiki/bytes', 4)), '456789');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
