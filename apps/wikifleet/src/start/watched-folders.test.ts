import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WatchedFolders } from './watched-folders.js';

describe('WatchedFolders', () => {
  let base: string;
  let folders: { out: string; state: string };
  let from: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'wikifleet-watched-'));
    folders = { out: join(base, 'out'), state: join(base, 'out', '.wikifleet') };
    from = join(base, 'in');
    for (const path of [folders.state, from]) await mkdir(path, { recursive: true });
  });
  afterEach(async () => await rm(base, { recursive: true, force: true }));

  it('reports nothing while folders are made', async () => {
    const watched = await WatchedFolders.open(folders, from);
    assert.equal(await watched.vanished(), null);
    for (const name of ['rows', 'runs', 'raw']) await mkdir(join(folders.out, name));
    assert.equal(await watched.vanished(), null);
    // deleted by the loopback cloud with the last raw object
    await rmdir(join(folders.out, 'raw'));
    assert.equal(await watched.vanished(), null);
  });

  for (const which of ['rows', 'runs', '.wikifleet', 'in']) {
    const path = (): string => (which === 'in' ? from : join(folders.out, which));
    const watch = async (): Promise<WatchedFolders> => {
      await mkdir(path(), { recursive: true });
      const watched = await WatchedFolders.open(folders, from);
      assert.equal(await watched.vanished(), null);
      return watched;
    };

    it(`reports that ${which} was deleted`, async () => {
      const watched = await watch();
      await rm(path(), { recursive: true });
      assert.equal(await watched.vanished(), path());
    });

    it(`reports that ${which} was moved, and another made in its place`, async () => {
      const watched = await watch();
      await rename(path(), `${path()}.moved`);
      await mkdir(path());
      assert.equal(await watched.vanished(), path());
    });
  }

  it('takes a link to the folder of the dump files, and reports where it leads to nothing', async () => {
    const link = join(base, 'link');
    await symlink(from, link);
    const watched = await WatchedFolders.open(folders, link);
    assert.equal(await watched.vanished(), null);
    await rm(from, { recursive: true });
    assert.equal(await watched.vanished(), link);
  });
});
