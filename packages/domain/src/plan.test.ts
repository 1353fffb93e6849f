import assert from 'node:assert/strict';
import fc from 'fast-check';
import { COMPRESSIONS_OF, DEFAULT_SETTINGS, differencesOfPlans, planSchema, sealPlan } from './plan.js';
import type { Plan, PlanContent } from './plan.js';
import { leavesOf, setAt } from './testing/json-leaves.js';

const FILE = {
  file: 'a.xml.bz2',
  path: 'aawiki/20261001/a.xml.bz2',
  size: 100,
  checksum: { algorithm: 'md5', value: '0'.repeat(32) },
} as const;

const CONTENT = {
  run: { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' },
  vouchedBy: 'dumpstatus',
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: 1000,
  },
  files: [FILE, { ...FILE, file: 'b.xml.bz2' }],
  supersedes: ['0123456789abcdef'],
} satisfies Omit<PlanContent, 'nonce'>;
const PLAN: Plan = sealPlan(CONTENT);

/** The plan with other content, sealed anew: what is wrong with it is not its digest. */
function sealed(change: object): Plan {
  return sealPlan({ ...CONTENT, ...change });
}

describe('planSchema', () => {
  const file = (change: object): object => sealed({ files: [{ ...FILE, ...change }] });
  const settings = (change: object): object => sealed({ settings: { ...PLAN.settings, ...change } });
  const refused: [what: string, plan: object, place: string][] = [
    ['another version', { ...PLAN, version: 1 }, 'version'],
    ['an id of eight digits', { ...PLAN, planId: PLAN.planId.slice(8) }, 'planId'],
    ['an id that is not its digest', { ...PLAN, planId: '0123456789abcdef' }, 'planId'],
    ['a superseded id of eight digits', sealed({ supersedes: ['0123abcd'] }), 'supersedes.0'],
    ['a nonce of one digit', sealed({ nonce: '0' }), 'nonce'],
    ['an id that climbs', { ...PLAN, planId: '../../ab' }, 'planId'],
    ['an id in capitals', { ...PLAN, planId: PLAN.planId.replace(/./, 'A') }, 'planId'],
    ['no file', sealed({ files: [] }), 'files'],
    ['a file twice', sealed({ files: [FILE, { ...FILE, size: 7 }] }), 'files.1.file'],
    ['an unknown field', { ...PLAN, note: '' }, ''],
    ['another voucher', sealed({ vouchedBy: 'me' }), 'vouchedBy'],
    ['a file that climbs', file({ file: '../a' }), 'files.0.file'],
    ['a path that climbs', file({ path: 'aawiki/../x' }), 'files.0.path'],
    ['an absolute path', file({ path: '/aawiki/x' }), 'files.0.path'],
    ['a path with an empty name', file({ path: 'aawiki//x' }), 'files.0.path'],
    ['a path of 1,001 characters', file({ path: 'a/'.repeat(500) + 'a' }), 'files.0.path'],
    ['a negative size', file({ size: -1 }), 'files.0.size'],
    ['half a byte', file({ size: 1.5 }), 'files.0.size'],
    ['a size that is rounded', file({ size: 2 ** 53 }), 'files.0.size'],
    ['a size as text', file({ size: '100' }), 'files.0.size'],
    ['no size at all', file({ size: undefined }), 'files.0.size'],
    ['a short md5', file({ checksum: { algorithm: 'md5', value: 'ab' } }), 'files.0.checksum'],
    ['a sha1 as md5', file({ checksum: { algorithm: 'md5', value: 'a'.repeat(40) } }), 'files.0.checksum'],
    ['a hash in capitals', file({ checksum: { algorithm: 'md5', value: 'A'.repeat(32) } }), 'files.0.checksum.value'],
    ['crc32', file({ checksum: { algorithm: 'crc32', value: 'a'.repeat(8) } }), 'files.0.checksum.algorithm'],
    ['splits of nothing', settings({ splitBytes: 0 }), 'settings.splitBytes'],
    ['half a rows version', settings({ rowsVersion: 1.5 }), 'settings.rowsVersion'],
    ['no parts version', settings({ partsVersion: undefined }), 'settings.partsVersion'],
    ['namespaces out of order', settings({ namespaces: [14, 0] }), 'settings.namespaces'],
    ['a namespace twice', settings({ namespaces: [0, 0] }), 'settings.namespaces'],
    ['no namespace at all', settings({ namespaces: [] }), 'settings.namespaces'],
    ['half a namespace', settings({ namespaces: [0.5] }), 'settings.namespaces.0'],
    [
      'a thousand namespaces',
      settings({ namespaces: Array.from({ length: 1000 }, (_, i) => i) }),
      'settings.namespaces',
    ],
    ['no word on redirects', settings({ redirects: undefined }), 'settings.redirects'],
    ['brotli', settings({ compression: 'br' }), 'settings.compression'],
    ['another format', settings({ format: 'csv' }), 'settings.format'],
    ['lines in snappy', settings({ compression: 'snappy' }), 'settings.compression'],
  ];
  for (const [what, plan, place] of refused) {
    it(`refuses ${what}`, () => {
      const result = planSchema.safeParse(plan);
      assert.equal(result.success, false);
      const places = result.error?.issues.map((issue) => issue.path.join('.'));
      assert.ok(places?.includes(place), `expected an issue at ${place}, received ${places?.join(', ')}`);
    });
  }

  it('takes each compression of each format', () => {
    for (const [format, compressions] of Object.entries(COMPRESSIONS_OF))
      for (const compression of compressions) planSchema.parse(settings({ format, compression }));
  });

  it('takes a plan, with and without sizes and checksums', () => {
    assert.deepEqual(planSchema.parse(PLAN), PLAN);
    const bare = sealed({ files: [{ ...FILE, size: null, checksum: null }] });
    assert.deepEqual(planSchema.parse(JSON.parse(JSON.stringify(bare))), bare);
  });
});

describe('sealPlan', () => {
  it('gives plans of the same content different ids', () => {
    assert.notEqual(sealPlan(CONTENT).planId, sealPlan(CONTENT).planId);
  });

  it('gives the same content and nonce the same id, in whatever order its keys are', () => {
    const { run, vouchedBy, settings, files, supersedes, nonce } = PLAN;
    const reversed = { nonce, supersedes, files, settings, vouchedBy, run };
    assert.deepEqual(sealPlan(reversed), PLAN);
  });

  it('makes every edit of a plan noticed', () => {
    const leaves = leavesOf(PLAN).filter((path) => path[0] !== 'version');
    fc.assert(
      fc.property(fc.constantFrom(...leaves), fc.jsonValue(), (path, value) => {
        const edited = structuredClone(PLAN);
        const before = setAt(edited, path, value);
        fc.pre(JSON.stringify(before) !== JSON.stringify(value));
        assert.equal(planSchema.safeParse(edited).success, false, path.join('.'));
      }),
    );
  });
});

describe('differencesOfPlans', () => {
  const files = (change: object): Plan => ({
    ...PLAN,
    files: PLAN.files.map((f, i) => (i === 0 ? { ...f, ...change } : f)),
  });
  const settings = (change: object): Plan => ({ ...PLAN, settings: { ...PLAN.settings, ...change } });
  const different: [what: string, made: Plan, lines: RegExp[]][] = [
    ['the wiki', { ...PLAN, run: { ...PLAN.run, wiki: 'abwiki' } }, [/^run: .*aawiki.*now.*abwiki/]],
    ['the voucher', { ...PLAN, vouchedBy: 'listing' }, [/^vouchedBy: .*"dumpstatus".*"listing"/]],
    ['the split size', settings({ splitBytes: 1 }), [/^splitBytes: .*1000.*1$/]],
    ['the compression', settings({ compression: 'none' }), [/^compression: .*"gzip".*"none"/]],
    ['the namespaces', settings({ namespaces: [0, 14] }), [/^namespaces: .*null, now.*\[0,14\]$/]],
    ['the columns of texts', settings({ extract: ['plain_text'] }), [/^extract: .*\[\], now.*\["plain_text"\]$/]],
    ['the columns', settings({ columns: ['revision_dt'] }), [/^columns: .*null, now.*\["revision_dt"\]$/]],
    ['the redirects', settings({ redirects: false }), [/^redirects: .*true, now.*false$/]],
    ['the format', settings({ format: 'parquet' }), [/^format: .*"jsonl".*"parquet"/]],
    ['a size', files({ size: 101 }), [/^a\.xml\.bz2: size: .*100.*101$/]],
    ['a size not known any more', files({ size: null }), [/^a\.xml\.bz2: size: .*100.*null$/]],
    ['a checksum', files({ checksum: null }), [/^a\.xml\.bz2: checksum: .*md5.*null$/]],
    ['a path', files({ path: 'x' }), [/^a\.xml\.bz2: path: .*"x"$/]],
    [
      'a file less',
      { ...PLAN, files: PLAN.files.slice(1) },
      [/^a\.xml\.bz2: in the plan, no longer in the catalogue$/],
    ],
    [
      'a file more',
      { ...PLAN, files: [...PLAN.files, { ...FILE, file: 'c' }] },
      [/^c: new in the catalogue, not in the plan$/],
    ],
    [
      'everything at once',
      { ...settings({ compression: 'none' }), files: [{ ...FILE, file: 'c' }] },
      [/^compression/, /^a\.xml\.bz2: in the plan/, /^b\.xml\.bz2: in the plan/, /^c: new/],
    ],
  ];
  for (const [what, made, expected] of different) {
    it(`names ${what}`, () => {
      const lines = differencesOfPlans(PLAN, made);
      assert.equal(lines.length, expected.length, lines.join('\n'));
      for (const [at, pattern] of expected.entries()) assert.match(lines[at] ?? '', pattern);
    });
  }

  it('finds none where only nonce, predecessors and the order of the files differ', () => {
    assert.deepEqual(differencesOfPlans(PLAN, PLAN), []);
    const other = sealed({ supersedes: [], files: PLAN.files.toReversed() });
    assert.deepEqual(differencesOfPlans(PLAN, other), []);
    assert.deepEqual(differencesOfPlans(PLAN, planSchema.parse(JSON.parse(JSON.stringify(PLAN)))), []);
  });
});
