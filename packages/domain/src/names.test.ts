import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PermanentError, UsageError } from './errors.js';
import { checkName, isName, nameSchema } from './names.js';
import { compactDate, dateSchema, KINDS, parseDate, parseKind, runName, runSchema } from './run.js';

const HOSTILE = [
  '',
  '.',
  '..',
  '../etc/passwd',
  'a/b',
  '/a',
  'a\\b',
  '.hidden',
  '-rf',
  'a b',
  'a\n',
  '\na',
  'a\0',
  'a%2e',
  'ä',
  'a?x=1',
  'a'.repeat(201),
];

describe('names', () => {
  for (const name of HOSTILE) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))} (${name.length})`, () => {
      assert.equal(isName(name), false);
      assert.equal(nameSchema.safeParse(name).success, false);
      assert.throws(
        () => checkName('file', name),
        (error) => error instanceof PermanentError && error.code === 'NAME_REFUSED' && error.message.length < 600,
      );
    });
  }

  it('takes the real ones', () => {
    for (const name of [
      'simplewiki',
      'zh_min_nanwiki',
      'enwiki-20261001-pages-articles-multistream1.xml-p1p41242.bz2',
      'enwiki-2026-09-01-p12r1r90.xml.bz2',
      '0',
      '_',
      'a..b',
      'a'.repeat(200),
    ]) {
      assert.equal(checkName('file', name), name);
    }
  });

  it('lets nothing through that a path or a shell would read otherwise', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (!isName(text)) return;
        assert.equal(encodeURIComponent(text), text);
        assert.doesNotMatch(text, /[\s/\\'"$`*?[\]{}()<>|;&!#~]|^[.-]/);
      }),
    );
  });
});

describe('dates and kinds', () => {
  for (const text of [
    '',
    'latest',
    '2026-13-01',
    '2026-02-29',
    '2026-04-31',
    '20260431',
    '2026-1-1',
    '202610011',
    '2026-10-01T00:00',
    '2026-10-01\n',
    '-026-10-01',
  ]) {
    it(`refuses the date ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseDate(text),
        (error) =>
          error instanceof UsageError && error.code === 'DATE_REFUSED' && error.message.includes(JSON.stringify(text)),
      );
    });
  }

  it('reads both ways of writing a date, and writes the mirrors’', () => {
    assert.equal(parseDate('20261001'), '2026-10-01');
    assert.equal(parseDate('2026-10-01'), '2026-10-01');
    assert.equal(parseDate('20240229'), '2024-02-29');
    assert.equal(compactDate('2026-10-01'), '20261001');
  });

  it('every day that exists goes there and back', () => {
    const day = fc.date({ min: new Date('2001-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        const text = date.toISOString().slice(0, 10);
        assert.equal(parseDate(compactDate(text)), text);
        assert.ok(dateSchema.safeParse(text).success);
      }),
    );
  });

  it('knows its kinds alone, and lists them', () => {
    for (const kind of KINDS) assert.equal(parseKind(kind), kind);
    for (const text of ['', 'pages', 'ARTICLES', 'articles ', 'constructor', '__proto__']) {
      assert.throws(
        () => parseKind(text),
        (error) => error instanceof UsageError && KINDS.every((kind) => error.message.includes(kind)),
      );
    }
  });

  it('refuses a run with anything more or less than its three fields', () => {
    const run = { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' } as const;
    assert.equal(runName(runSchema.parse(run)), 'articles/aawiki/2026-10-01');
    for (const broken of [
      { ...run, more: 1 },
      { ...run, kind: 'sql' },
      { ...run, wiki: '../x' },
      { ...run, date: '2026-02-30' },
      { kind: run.kind, wiki: run.wiki },
    ]) {
      assert.equal(runSchema.safeParse(broken).success, false, JSON.stringify(broken));
    }
  });
});
