import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { planFileSchema } from '@wikifleet/domain/plan';
import type { CatalogueEntry, CatalogueSource } from './catalogue-source.js';
import { findRun, MOST_LOOKED_AT } from './find-run.js';

type Node = string | number | null;

/** Files by path: text, or a size where the text is of no matter (null: not known). Folders follow from the paths. */
function sourceOf(files: Record<string, Node>): CatalogueSource & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async fetchText(path, parse) {
      asked.push(path);
      const text = files[path];
      return await Promise.resolve(typeof text === 'string' ? parse(text) : null);
    },
    async listings(folder) {
      const entries = await this.list(folder);
      // these tests are not of the comparison: a folder without dump files is one that cannot be listed
      const hasDumps = entries?.some(({ name }) => /\.(?:bz2|gz|inprog)$/.test(name)) ?? false;
      return [{ mirror: 'mirror', entries: entries === null || hasDumps ? entries : [], problem: null }];
    },
    wait: () => Promise.resolve(),
    list(folder) {
      const entries = new Map<string, CatalogueEntry>();
      for (const [path, node] of Object.entries(files)) {
        if (!path.startsWith(`${folder}/`)) continue;
        const [name = '', ...below] = path.slice(folder.length + 1).split('/');
        const directory = below.length > 0;
        const size = directory || node === null ? null : typeof node === 'number' ? node : node.length;
        entries.set(name, { name, size, directory });
      }
      return Promise.resolve(entries.size === 0 ? null : [...entries.values()]);
    },
    size(path) {
      asked.push(path);
      return Promise.resolve(path.endsWith('p7r1r2.xml.bz2') ? 77 : null);
    },
  };
}

const SHA1 = 'a98dcb8dde08ac9539727a054bb6d96a71818781';
const MD5 = 'c7f4a1a7d39aa82dc2953e57143ce5e3';
const SHA256 = '0123456789abcdef'.repeat(4);

// From the real status of enwiki 20240801, cut to a few files.
const REAL = {
  version: '0.8',
  jobs: {
    usertable: { status: 'done', updated: '2024-08-01 08:00:00' },
    xmlstubsdump: {
      status: 'done',
      updated: '2024-08-03 10:39:41',
      files: Object.fromEntries(
        ['meta-history1', 'meta-history2', 'meta-current10', 'meta-current9', 'articles1'].map((name) => [
          `enwiki-20240801-stub-${name}.xml.gz`,
          { size: 3463658542, url: `/enwiki/20240801/enwiki-20240801-stub-${name}.xml.gz`, md5: MD5, sha1: SHA1 },
        ]),
      ),
    },
    articlesmultistreamdump: {
      status: 'done',
      updated: '2024-08-03 15:00:00',
      files: Object.fromEntries(
        ['11.xml-p5399367p6899366', '2.xml-p41243p151573', '11.xml-p6899367p7054859', '1.xml-p1p41242'].flatMap(
          (part) =>
            [`-multistream${part}`, `-multistream-index${part.replace('xml', 'txt')}`].map((rest) => [
              `enwiki-20240801-pages-articles${rest}.bz2`,
              {
                size: 281976529,
                url: `/enwiki/20240801/enwiki-20240801-pages-articles${rest}.bz2`,
                md5: MD5,
                sha1: SHA1,
              },
            ]),
        ),
      ),
    },
  },
};

const FOLDER = 'simplewiki/20261001';
const STATUS = `${FOLDER}/dumpstatus.json`;
const SINGLE = 'simplewiki-20261001-pages-articles-multistream.xml.bz2';
const query = { kind: 'articles-multistream', wiki: 'simplewiki', date: '2026-10-01' } as const;
const entryOf = (name: string, folder = FOLDER) => ({ size: 100, url: `/${folder}/${name}`, sha1: SHA1 });
const statusOf = (job: unknown, name = 'articlesmultistreamdump') =>
  JSON.stringify({ version: '0.8', jobs: { [name]: job } });
const doneWith = (files: Record<string, unknown>) => statusOf({ status: 'done', files });

describe('findRun, legacy kinds', () => {
  it('reads a trimmed real status: parts in the order of their numbers, without indexes', async () => {
    const source = sourceOf({ 'enwiki/20240801/dumpstatus.json': JSON.stringify(REAL) });
    const found = await findRun(source, { ...query, wiki: 'enwiki', date: '20240801' });
    assert.deepEqual(
      found.files.map(({ file }) => file.slice('enwiki-20240801-pages-articles-multistream'.length)),
      ['1.xml-p1p41242.bz2', '2.xml-p41243p151573.bz2', '11.xml-p5399367p6899366.bz2', '11.xml-p6899367p7054859.bz2'],
    );
    assert.deepEqual(found.files[0], {
      file: 'enwiki-20240801-pages-articles-multistream1.xml-p1p41242.bz2',
      path: 'enwiki/20240801/enwiki-20240801-pages-articles-multistream1.xml-p1p41242.bz2',
      size: 281976529,
      checksum: { algorithm: 'sha1', value: SHA1 },
    });
    const { vouchedBy, updated, leftOut, skipped, run } = found;
    assert.deepEqual(
      { vouchedBy, updated, leftOut, skipped, run },
      {
        vouchedBy: 'dumpstatus',
        updated: '2024-08-03 15:00:00',
        leftOut: [],
        skipped: [],
        run: { kind: 'articles-multistream', wiki: 'enwiki', date: '2024-08-01' },
      },
    );
    assert.deepEqual(source.asked, ['enwiki/20240801/dumpstatus.json']);
  });

  it('takes one sort of stubs of the job that makes all three', async () => {
    const source = sourceOf({ 'enwiki/20240801/dumpstatus.json': JSON.stringify(REAL) });
    const found = await findRun(source, { kind: 'stubs-meta-current', wiki: 'enwiki', date: '2024-08-01' });
    assert.deepEqual(
      found.files.map(({ file }) => file),
      ['enwiki-20240801-stub-meta-current9.xml.gz', 'enwiki-20240801-stub-meta-current10.xml.gz'],
    );
  });

  it('takes the parts where the recombined file is in the same job, and that file alone where it is alone', async () => {
    const parts = ['simplewiki-20261001-pages-articles-multistream1.xml-p1p9.bz2'];
    for (const [names, taken] of [
      [[SINGLE, ...parts], parts],
      [[SINGLE], [SINGLE]],
    ] as const) {
      const files = Object.fromEntries(names.map((name) => [name, entryOf(name)]));
      const found = await findRun(sourceOf({ [STATUS]: doneWith(files) }), query);
      assert.deepEqual(
        found.files.map(({ file }) => file),
        taken,
      );
    }
  });

  it('leaves unfinished files out with a word', async () => {
    const name = 'simplewiki-20261001-pages-articles-multistream1.xml-p1p9.bz2.inprog';
    const found = await findRun(sourceOf({ [STATUS]: doneWith({ [SINGLE]: entryOf(SINGLE), [name]: {} }) }), query);
    assert.deepEqual(found.leftOut, [name]);
    assert.equal(found.files.length, 1);
  });

  it('takes md5 where there is no sha1, then the sums files, then nothing', async () => {
    const names = [1, 2, 3, 4].map((n) => `simplewiki-20261001-pages-articles-multistream${n}.xml-p${n}p${n}.bz2`);
    const [a = '', b = '', c = '', d = ''] = names;
    const bare = (name: string) => ({ size: 1, url: `/${FOLDER}/${name}` });
    const source = sourceOf({
      [STATUS]: doneWith({ [a]: { size: 0, md5: MD5.toUpperCase() }, [b]: bare(b), [c]: bare(c), [d]: bare(d) }),
      [`${FOLDER}/simplewiki-20261001-sha1sums.txt`]: `${SHA1}  ${b}\n${SHA1}  other.gz\n`,
      [`${FOLDER}/simplewiki-20261001-md5sums.txt`]: `${MD5}  ${b}\n${MD5}  ${c}\n`,
    });
    const found = await findRun(source, query);
    assert.deepEqual(
      found.files.map(({ checksum }) => checksum),
      [{ algorithm: 'md5', value: MD5 }, { algorithm: 'sha1', value: SHA1 }, { algorithm: 'md5', value: MD5 }, null],
    );
  });

  const otherJobs: [string, string, RegExp][] = [
    [
      'in-progress',
      statusOf({ status: 'in-progress', files: { [SINGLE]: { size: 7 } } }),
      /articlesmultistreamdump is in-progress \(/,
    ],
    ['waiting', statusOf({ status: 'waiting' }), /the run is not ready: articlesmultistreamdump is waiting/],
    ['failed', statusOf({ status: 'failed', files: {} }), /is failed .*a listing may serve/],
    ['of a status nobody knows', statusOf({ status: 'd\u001bne' }), /is "d\\u001bne"/],
    ['done without files', statusOf({ status: 'done' }), /is done and has no file of this kind/],
    ['absent', statusOf({ status: 'done' }, 'articlesdump'), /has no job articlesmultistreamdump/],
    [
      'absent but in the prototype',
      '{"jobs": {"__proto__": {"articlesmultistreamdump": {"status": "done"}}}}',
      /has no job/,
    ],
    ['an array', '{"jobs": {"articlesmultistreamdump": []}}', /cannot be read/],
    ['without status', '{"jobs": {"articlesmultistreamdump": {"files": {}}}}', /cannot be read: .*status/],
    ['in a status without jobs', '{"version": "0.8"}', /cannot be read: .*jobs/],
    ['in a status that is an array', '[]', /cannot be read/],
    ['in a status that is cut', '{"jobs": {"articlesmul', /cannot be read: .*expected JSON/],
    ['in a status that is HTML', '<html>', /expected JSON, received "<html>"/],
    ['in a status that is empty', '', /expected JSON/],
  ];
  for (const [what, text, message] of otherJobs) {
    it(`is not ready where the job is ${what}`, async () => {
      await assert.rejects(findRun(sourceOf({ [STATUS]: text }), query), {
        name: 'UsageError',
        code: 'RUN_NOT_READY',
        message,
      });
    });
  }

  const good = entryOf(SINGLE);
  const part = (rest: string) => `simplewiki-20261001-pages-articles-multistream${rest}`;
  const both = (...names: string[]) => Object.fromEntries(names.map((name) => [name, entryOf(name)]));
  const refused: [string, string, Record<string, unknown>, RegExp][] = [
    ['{} for a file', 'STATUS_REFUSED', { [SINGLE]: {} }, /received none for "simplewiki-20261001-pages/],
    ['a size alone', 'STATUS_REFUSED', { [SINGLE]: { size: 5 } }, /with size and url or hash/],
    ['no size', 'STATUS_REFUSED', { [SINGLE]: { ...good, size: undefined } }, /with size/],
    ['a negative size', 'STATUS_REFUSED', { [SINGLE]: { ...good, size: -1 } }, /size/],
    ['half a byte', 'STATUS_REFUSED', { [SINGLE]: { ...good, size: 1.5 } }, /size/],
    ['a size beyond 2^53', 'STATUS_REFUSED', { [SINGLE]: { ...good, size: 2 ** 53 } }, /size/],
    ['a size that is text', 'STATUS_REFUSED', { [SINGLE]: { ...good, size: '100' } }, /size/],
    ['a size that is null, as JSON writes NaN', 'STATUS_REFUSED', { [SINGLE]: { ...good, size: Number.NaN } }, /size/],
    ['a file that is null', 'STATUS_REFUSED', { [SINGLE]: null }, /received null/],
    ['a file that is an array', 'STATUS_REFUSED', { [SINGLE]: [] }, /received an array/],
    [
      'a url elsewhere',
      'STATUS_REFUSED',
      { [SINGLE]: { ...good, url: `https://evil.example/${SINGLE}` } },
      /expected the url \/simplewiki/,
    ],
    ['a url with ..', 'STATUS_REFUSED', { [SINGLE]: { ...good, url: `/${FOLDER}/../${SINGLE}` } }, /expected the url/],
    [
      'a url of another date',
      'STATUS_REFUSED',
      { [SINGLE]: { ...good, url: `/simplewiki/20260901/${SINGLE}` } },
      /expected the url/,
    ],
    ['a short sha1', 'STATUS_REFUSED', { [SINGLE]: { ...good, sha1: SHA1.slice(1) } }, /sha1/],
    ['a sha1 that is no hex', 'STATUS_REFUSED', { [SINGLE]: { ...good, sha1: `${SHA1.slice(1)}g` } }, /sha1/],
    ['a path for a name', 'STATUS_REFUSED', { [SINGLE]: good, '../x': good }, /received "\.\.\/x"/],
    [
      'a name from the prototype',
      'STATUS_REFUSED',
      JSON.parse(`{"__proto__": {"size": 1}}`) as Record<string, unknown>,
      /__proto__/,
    ],
    ['a file of another wiki', 'STATUS_REFUSED', both(SINGLE, SINGLE.replace('simple', 'de')), /received "dewiki/],
    [
      'a file of another date',
      'STATUS_REFUSED',
      both(SINGLE, SINGLE.replace('1001', '0901')),
      /received "simplewiki-20260901/,
    ],
    [
      'a name of a form nobody knows',
      'STATUS_REFUSED',
      both(part('1.xml-p1p9.bz2'), part('2.xml-p10p19.zst')),
      /may lack pages/,
    ],
    ['a range that runs backwards', 'STATUS_REFUSED', both(part('1.xml-p9p1.bz2')), /received "simple/],
    ['ranges that overlap', 'FILES_OVERLAP', both(part('1.xml-p1p9.bz2'), part('2.xml-p9p20.bz2')), /each page once/],
    ['one number written twice', 'FILES_OVERLAP', both(part('1.xml.bz2'), part('01.xml.bz2')), /each page once/],
    ['a part whole and in ranges', 'FILES_OVERLAP', both(part('1.xml.bz2'), part('1.xml-p1p9.bz2')), /each page once/],
  ];
  for (const [what, code, files, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(findRun(sourceOf({ [STATUS]: doneWith(files) }), query), {
        name: 'PermanentError',
        code,
        message,
      });
      await assert.rejects(findRun(sourceOf({ [STATUS]: doneWith(files) }), { ...query, date: 'latest' }), { code });
    });
  }

  it('bounds the number of files and what it says of them', async () => {
    const files = Object.fromEntries(Array.from({ length: 100_001 }, (_, n) => [`x${n}`, {}]));
    await assert.rejects(findRun(sourceOf({ [STATUS]: doneWith(files) }), query), { code: 'RUN_TOO_LARGE' });
    delete files['x0'];
    await assert.rejects(findRun(sourceOf({ [STATUS]: doneWith(files) }), query), (error: Error) => {
      assert.match(error.message, /and 99995 more/);
      return error.message.length < 600;
    });
  });

  it('tells an unknown wiki from an unknown date, and names five dates', async () => {
    await assert.rejects(findRun(sourceOf({}), query), {
      code: 'WIKI_UNKNOWN',
      message: /no folder simplewiki on the mirror;/,
    });
    await assert.rejects(findRun(sourceOf({}), { ...query, date: 'latest' }), { code: 'WIKI_UNKNOWN' });
    const dates = ['0101', '0201', '0301', '0401', '0501', '0601', '1331'];
    const others = Object.fromEntries(dates.map((date) => [`simplewiki/2026${date}/dumpstatus.json`, '{}']));
    await assert.rejects(findRun(sourceOf({ ...others, 'simplewiki/latest/a': 1 }), query), {
      code: 'RUN_UNKNOWN',
      message: /there are 2026-06-01, 2026-05-01, 2026-04-01, 2026-03-01, 2026-02-01 and 1 older$/,
    });
    await assert.rejects(findRun(sourceOf({ [`${FOLDER}/a`]: 1 }), query), {
      code: 'RUN_NOT_READY',
      message: /there is no dumpstatus\.json/,
    });
  });

  it('refuses names and dates that cannot be before it asks anybody', async () => {
    const source = sourceOf({});
    await assert.rejects(findRun(source, { ...query, wiki: '../etc' }), { code: 'NAME_REFUSED' });
    await assert.rejects(findRun(source, { ...query, date: '2026-02-30' }), { code: 'DATE_REFUSED' });
    assert.deepEqual(source.asked, []);
  });

  it('passes on what the source throws', async () => {
    const reset = new Error('reset');
    const source = { ...sourceOf({}), fetchText: () => Promise.reject(reset) };
    await assert.rejects(findRun(source, query), reset);
  });

  it('reads the real status of enwiki 20240801', async function () {
    const sample = new URL('../../../../shared/samples/status/enwiki-20240801-dumpstatus.json', import.meta.url);
    const text = await readFile(sample, 'utf8').catch(() => null);
    if (text === null) return this.skip('the real dump samples beside the checkout (../shared/samples)');
    const source = sourceOf({ 'enwiki/20240801/dumpstatus.json': text });
    const counts = { 'articles-multistream': 67, articles: 67, 'meta-current': 67, 'meta-history': 870 };
    const stubs = { 'stubs-articles': 27, 'stubs-meta-current': 27, 'stubs-meta-history': 27 };
    for (const [kind, count] of Object.entries({ ...counts, ...stubs })) {
      const found = await findRun(source, { kind: kind as 'articles', wiki: 'enwiki', date: 'latest' });
      assert.equal(found.files.length, count, kind);
      assert.equal(found.run.date, '2024-08-01');
      assert.deepEqual(found.leftOut, []);
      assert.deepEqual(
        found.remarks.filter((remark) => remark.includes('gaps')),
        [],
        kind,
      );
      for (const file of found.files) {
        planFileSchema.parse(file);
        assert.equal(file.checksum?.algorithm, 'sha1');
        assert.ok((file.size ?? 0) > 0);
      }
    }
  });
});

describe('findRun, content kinds', () => {
  const folder = 'other/mediawiki_content_history/simplewiki/2026-09-01/xml/bzip2';
  const content = { kind: 'content-history', wiki: 'simplewiki', date: '2026-09-01' } as const;
  const name = (rest: string) => `simplewiki-2026-09-01-${rest}.xml.bz2`;
  const sums = (...names: string[]) => names.map((one) => `${SHA256}  ${one}\n`).join('');

  it('reads SHA256SUMS: sorted by number, sizes from the listing or else asked for, a page cut out of a range', async () => {
    const names = ['p100p2000', 'p7r1r2', 'p7r10r3', 'p7r2r20', 'p5p99'].map(name);
    const source = sourceOf({
      [`${folder}/SHA256SUMS`]: sums(...names, 'README.txt'),
      [`${folder}/_SUCCESS`]: '',
      [`${folder}/${name('p100p2000')}`]: 10,
      [`${folder}/${name('p5p99')}`]: 20,
      [`${folder}/${name('p7r1r2')}`]: null,
      [`${folder}/${name('p7r2r20')}`]: null,
      [`${folder}/${name('p7r10r3')}`]: null,
    });
    const found = await findRun(source, content);
    assert.deepEqual(
      found.files.map(({ file, size }) => [file, size]),
      [
        [name('p5p99'), 20],
        [name('p7r1r2'), 77],
        [name('p7r2r20'), null],
        [name('p7r10r3'), null],
        [name('p100p2000'), 10],
      ],
    );
    assert.equal(found.vouchedBy, 'sha256sums');
    assert.deepEqual(found.leftOut, ['README.txt']);
    assert.equal(found.files[0]?.path, `${folder}/${name('p5p99')}`);
    for (const file of found.files) planFileSchema.parse(file);
    assert.equal(source.asked.length, 1 + 3);
  });

  const refused: [string, string, string, RegExp][] = [
    ['an empty SHA256SUMS', '\n', 'RUN_NOT_READY', /SHA256SUMS is empty/],
    ['one without dump files', sums('README.txt'), 'RUN_NOT_READY', /names no dump file/],
    [
      'a line of another form',
      `${sums(name('p1p9'))}nonsense\n`,
      'SUMS_REFUSED',
      /SHA256SUMS, line 2: expected a sha256/,
    ],
    ['a path', sums('../x'), 'SUMS_REFUSED', /line 1/],
    ['a name that is cut', sums(name('p1p9')) + sums(name('p10p19')).slice(0, -3), 'SUMS_REFUSED', /may lack pages/],
    ['a name cut in the wiki', `${sums(name('p1p9'))}${SHA256}  simplew`, 'SUMS_REFUSED', /received "simplew"/],
    [
      'a file of another wiki',
      sums(name('p1p9'), 'dewiki-2026-09-01-p1p9.xml.bz2'),
      'SUMS_REFUSED',
      /received "dewiki/,
    ],
    [
      'a file of another date',
      sums(name('p1p9'), 'simplewiki-2026-08-01-p10p19.xml.bz2'),
      'SUMS_REFUSED',
      /2026-08-01/,
    ],
    ['ranges that overlap', sums(name('p1p9'), name('p9p19')), 'FILES_OVERLAP', /each page once/],
  ];
  for (const [what, text, code, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(findRun(sourceOf({ [`${folder}/SHA256SUMS`]: text }), content), { code, message });
    });
  }

  for (const size of [-1, 1.5, Number.NaN, 1e300]) {
    it(`refuses a size of ${size}, listed or asked for`, async () => {
      const source = sourceOf({ [`${folder}/SHA256SUMS`]: sums(name('p1p9')), [`${folder}/${name('p1p9')}`]: size });
      await assert.rejects(findRun(source, content), { code: 'LISTING_REFUSED' });
      const asked = {
        ...sourceOf({ [`${folder}/SHA256SUMS`]: sums(name('p1p9')) }),
        size: () => Promise.resolve(size),
      };
      await assert.rejects(findRun(asked, content), { code: 'LISTING_REFUSED' });
    });
  }

  it('refuses a listing with a name twice', async () => {
    const entry = { name: name('p1p9'), size: 5, directory: false };
    const source = {
      ...sourceOf({ [`${folder}/SHA256SUMS`]: sums(entry.name) }),
      list: () => Promise.resolve([entry, entry]),
    };
    await assert.rejects(findRun(source, content), { code: 'LISTING_REFUSED' });
  });

  it('tells what is missing', async () => {
    await assert.rejects(findRun(sourceOf({ 'simplewiki/20260901/a': 1 }), content), {
      code: 'WIKI_UNKNOWN',
      message: /other\/mediawiki_content_history\/simplewiki/,
    });
    await assert.rejects(findRun(sourceOf({ [`${folder}/a`]: 1 }), content), {
      code: 'RUN_NOT_READY',
      message: /no SHA256SUMS/,
    });
    await assert.rejects(findRun(sourceOf({ [`${folder}/a`]: 1 }), { ...content, date: '2026-10-01' }), {
      code: 'RUN_UNKNOWN',
      message: /there are 2026-09-01$/,
    });
  });
});

describe('findRun, by a listing', () => {
  const listed = { ...query, acceptListing: true };
  const part = (n: number) => `simplewiki-20261001-pages-articles-multistream${n}.xml-p${n}p${n}.bz2`;

  it('takes what the folder has, with sizes and the hashes of the sums files', async () => {
    const source = sourceOf({
      [`${FOLDER}/${part(10)}`]: 10,
      [`${FOLDER}/${part(9)}`]: 9,
      [`${FOLDER}/${part(11)}.inprog`]: 1,
      [`${FOLDER}/${part(12)}/file`]: 1,
      [`${FOLDER}/${SINGLE}`]: 19,
      [`${FOLDER}/simplewiki-20261001-pages-articles.xml.bz2`]: 19,
      [`${FOLDER}/simplewiki-20261001-md5sums.txt`]: `${MD5}  ${part(9)}\n`,
    });
    const found = await findRun(source, listed);
    assert.deepEqual(found.files, [
      { file: part(9), path: `${FOLDER}/${part(9)}`, size: 9, checksum: { algorithm: 'md5', value: MD5 } },
      { file: part(10), path: `${FOLDER}/${part(10)}`, size: 10, checksum: null },
    ]);
    assert.equal(found.vouchedBy, 'listing');
    assert.deepEqual(found.leftOut, [`${part(11)}.inprog`]);
  });

  it('prefers a status that vouches, and serves where one failed', async () => {
    const files = { [`${FOLDER}/${SINGLE}`]: 9 };
    const done = sourceOf({ ...files, [STATUS]: doneWith({ [SINGLE]: entryOf(SINGLE) }) });
    assert.equal((await findRun(done, listed)).vouchedBy, 'dumpstatus');
    for (const status of [statusOf({ status: 'failed' }), '{', statusOf({ status: 'skipped' }, 'x')]) {
      assert.equal((await findRun(sourceOf({ ...files, [STATUS]: status }), listed)).vouchedBy, 'listing');
    }
  });

  it('takes a content export without its sums', async () => {
    const folder = 'other/mediawiki_content_current/simplewiki/2026-10-01/xml/bzip2';
    const file = 'simplewiki-2026-10-01-p1p9.xml.bz2';
    const found = await findRun(sourceOf({ [`${folder}/${file}`]: 9 }), { ...listed, kind: 'content-current' });
    assert.deepEqual(found.files, [{ file, path: `${folder}/${file}`, size: 9, checksum: null }]);
  });

  it('serves neither latest, nor while files are still to come, nor without files', async () => {
    const file = { [`${FOLDER}/${SINGLE}`]: 9 };
    await assert.rejects(findRun(sourceOf(file), { ...listed, date: 'latest' }), { code: 'LISTING_NEEDS_DATE' });
    const growing = sourceOf({ ...file, [STATUS]: statusOf({ status: 'in-progress' }) });
    await assert.rejects(findRun(growing, listed), { code: 'RUN_NOT_READY', message: /is in-progress/ });
    await assert.rejects(findRun(sourceOf({ [`${FOLDER}/a`]: 1 }), listed), {
      code: 'RUN_NOT_READY',
      message: /has no file/,
    });
    await assert.rejects(findRun(sourceOf({ 'simplewiki/20260901/a': 1 }), listed), { code: 'RUN_UNKNOWN' });
    await assert.rejects(findRun(sourceOf({}), listed), { code: 'WIKI_UNKNOWN' });
  });
});

describe('findRun, where list and folder disagree', () => {
  const folder = 'other/mediawiki_content_current/simplewiki/2026-10-01/xml/bzip2';
  const content = { kind: 'content-current', wiki: 'simplewiki', date: '2026-10-01' } as const;
  const [one, two] = ['simplewiki-2026-10-01-p1p9.xml.bz2', 'simplewiki-2026-10-01-p10p19.xml.bz2'] as const;
  const all = `${SHA256}  ${one}\n${SHA256}  ${two}\n`;
  // cut at the end of a line: nothing in the text itself shows it
  const cut = `${SHA256}  ${one}\n`;

  /** A folder with two files, whose list of files is read as these texts, the last one for ever. */
  const readAs = (...texts: string[]): CatalogueSource & { readonly waits: number[] } => {
    const files = { [`${folder}/${one}`]: 1, [`${folder}/${two}`]: 2 };
    const waits: number[] = [];
    let reads = 0;
    return {
      ...sourceOf(files),
      async fetchText(_, parse) {
        const text = texts[Math.min(reads, texts.length - 1)] ?? '';
        reads += 1;
        return await Promise.resolve(parse(text));
      },
      wait: (milliseconds) => Promise.resolve(void waits.push(milliseconds)),
      waits,
    };
  };

  it('reads a list again that was cut at the end of a line', async () => {
    const source = readAs(cut, all);
    const { files, remarks } = await findRun(source, content);
    assert.deepEqual([files.map(({ file }) => file), remarks, source.waits], [[one, two], [], [1000]]);
  });

  it('is an error after three readings, which names the file, the mirror and the flag', async () => {
    const source = readAs(cut);
    await assert.rejects(findRun(source, content), {
      name: 'PermanentError',
      code: 'LISTING_DIFFERS',
      message:
        /mirror has 1 file \("simplewiki-2026-10-01-p10p19\.xml\.bz2"\), which .*SHA256SUMS does not list.*--ignore-listing/,
    });
    assert.deepEqual(source.waits, [1000, 2000]);
    await assert.rejects(findRun(readAs(cut), { ...content, date: 'latest' }), { code: 'LISTING_DIFFERS' });
  });

  it('is a remark where the listing is to be ignored', async () => {
    const { files, remarks } = await findRun(readAs(cut), { ...content, ignoreListing: true });
    assert.deepEqual(
      files.map(({ file }) => file),
      [one],
    );
    assert.match(remarks.join(), /p10p19\.xml\.bz2"\), which .*does not list/);
  });

  it('finds parts that a status lacks', async () => {
    const parts = [1, 2, 3].map((n) => `simplewiki-20261001-pages-articles-multistream${n}.xml-p${n}p${n}.bz2`);
    const [first = '', , third = ''] = parts;
    const source = sourceOf({
      [STATUS]: doneWith({ [first]: entryOf(first), [third]: entryOf(third) }),
      ...Object.fromEntries(parts.map((name) => [`${FOLDER}/${name}`, 100])),
    });
    await assert.rejects(findRun(source, query), { code: 'LISTING_DIFFERS', message: /multistream2\.xml-p2p2\.bz2/ });
    const { remarks } = await findRun(source, { ...query, ignoreListing: true });
    assert.match(remarks[0] ?? '', /dumpstatus\.json has gaps: no file holds part 2, p2p2$/);
  });

  it('compares mirrors with each other where there is no list', async () => {
    const entry = (name: string) => ({ name, size: 1, directory: false });
    const source: CatalogueSource = {
      ...readAs(''),
      fetchText: () => Promise.resolve(null),
      listings: () =>
        Promise.resolve([
          { mirror: 'a', entries: [entry(one)], problem: null },
          { mirror: 'b', entries: [entry(one), entry(two)], problem: null },
        ]),
    };
    const message = /b has 1 file \("simplewiki-2026-10-01-p10p19\.xml\.bz2"\), which the listing of a does not list/;
    await assert.rejects(findRun(source, { ...content, acceptListing: true }), { code: 'LISTING_DIFFERS', message });
    const ignoring = await findRun(source, { ...content, acceptListing: true, ignoreListing: true });
    assert.equal(ignoring.files.length, 1);
    assert.match(ignoring.remarks.join(), message);
  });
});

describe('findRun, latest', () => {
  const latest = { ...query, date: 'latest' };
  const status = (date: string) => `simplewiki/${date}/dumpstatus.json`;
  const done = (date: string) => {
    const name = `simplewiki-${date}-pages-articles-multistream.xml.bz2`;
    return doneWith({ [name]: entryOf(name, `simplewiki/${date}`) });
  };

  it('takes the newest run whose job is done, and says what it went past', async () => {
    const source = sourceOf({
      [status('20260801')]: done('20260801'),
      [status('20260820')]: done('20260820'),
      [status('20260901')]: '{"jobs"',
      [status('20260920')]: statusOf({ status: 'done', files: {} }, 'articlesdump'),
      [status('20261001')]: statusOf({ status: 'in-progress' }),
      'simplewiki/20261020/index.html': 'soon',
      'simplewiki/20261301/dumpstatus.json': done('20261301'),
      'simplewiki/latest/dumpstatus.json': done('latest'),
      'simplewiki/20270101': 'a file, not a folder',
    });
    const found = await findRun(source, latest);
    assert.equal(found.run.date, '2026-08-20');
    assert.equal(found.files[0]?.path, 'simplewiki/20260820/simplewiki-20260820-pages-articles-multistream.xml.bz2');
    assert.deepEqual(
      found.skipped.map(({ date, reason }) => [date, reason.slice(0, 38)]),
      [
        ['2026-10-20', 'there is no dumpstatus.json'],
        ['2026-10-01', 'articlesmultistreamdump is in-progress'],
        ['2026-09-20', 'its dumpstatus.json has no job article'],
        ['2026-09-01', 'its dumpstatus.json cannot be read: si'],
      ],
    );
  });

  it('takes the newest content export whose sums are not empty', async () => {
    const sums = (date: string) => `other/mediawiki_content_current/simplewiki/${date}/xml/bzip2/SHA256SUMS`;
    const source = sourceOf({
      [sums('2026-07-01')]: `${SHA256}  simplewiki-2026-07-01-p1p9.xml.bz2\n`,
      [sums('2026-08-01')]: `${SHA256}  simplewiki-2026-08-01-p1p9.xml.bz2\n`,
      [sums('2026-09-01')]: '',
      'other/mediawiki_content_current/simplewiki/2026-10-01/xml/a': 1,
    });
    const found = await findRun(source, { ...latest, kind: 'content-current' });
    assert.equal(found.run.date, '2026-08-01');
    assert.equal(found.skipped.length, 2);
  });

  it('says of each run why it is not complete, and looks at so many and no more', async () => {
    const dates = Array.from({ length: 30 }, (_, n) => `202609${String(n + 1).padStart(2, '0')}`);
    const source = sourceOf(Object.fromEntries(dates.map((date) => [status(date), statusOf({ status: 'failed' })])));
    await assert.rejects(findRun(source, latest), {
      code: 'NO_COMPLETE_RUN',
      message: /2026-09-30: articlesmultistreamdump is failed; 2026-09-29: .*\(6 older ones were not looked at\)/,
    });
    assert.equal(source.asked.length, MOST_LOOKED_AT);
  });

  it('says where a wiki has no dated folder', async () => {
    await assert.rejects(findRun(sourceOf({ 'simplewiki/latest/a': 1 }), latest), {
      code: 'NO_COMPLETE_RUN',
      message: /simplewiki has no dated folder/,
    });
  });
});
