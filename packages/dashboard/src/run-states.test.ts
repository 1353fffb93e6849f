import assert from 'node:assert/strict';
import { stateOfFile, stateOfRun } from './run-states.js';
import type { FileFacts, ManifestState, RunFacts } from './run-states.js';

const NOTHING: FileFacts = {
  manifest: 'absent',
  repairs: [],
  failures: 0,
  record: 'absent',
  rawObject: false,
  splits: 0,
  missingSplits: [],
};
const RECORDED: FileFacts = { ...NOTHING, record: 'there', rawObject: true, splits: 3, missingSplits: [0, 1, 2] };
const CONVERTED: FileFacts = { ...RECORDED, missingSplits: [] };

const FILES: readonly [state: string, facts: FileFacts, missing: RegExp, next: RegExp][] = [
  ['not downloaded', NOTHING, /^it is not downloaded$/, /seed again/],
  ['not recorded', { ...NOTHING, rawObject: true }, /raw object is there, and its record is missing/, /seed again/],
  ['not converted', RECORDED, /^3 of its 3 receipts are missing \(00000, 00001, 00002\)$/, /converters take its jobs/],
  ['not converted', { ...RECORDED, missingSplits: [1] }, /^1 of its 3 receipts are missing \(00001\)$/, /seed again/],
  [
    'not converted',
    { ...RECORDED, splits: 9, missingSplits: [0, 1, 2, 3, 4, 5, 6] },
    /\(00000, 00001, 00002, 00003, 00004 and 2 more\)/,
    /./,
  ],
  [
    'raw object missing',
    { ...RECORDED, rawObject: false },
    /raw object is missing.*3 of its 3 receipts/,
    /downloads it/,
  ],
  ['not closed', CONVERTED, /receipts are there \(3 of 3\), and its manifest is missing/, /seed again: it closes/],
  ['not closed', { ...CONVERTED, rawObject: false }, /manifest is missing/, /seed again/],
  ['failed', { ...CONVERTED, failures: 1 }, /^a failure recorded$/, /fleet redrive/],
  ['failed', { ...NOTHING, failures: 2, manifest: 'revoked' }, /^2 failures recorded$/, /fleet dlq/],
  [
    'repairing',
    { ...CONVERTED, manifest: 'revoked', repairs: [{ id: 'abcdef01', splits: [1, 2] }] },
    /revoked by a repair abcdef01 of its splits 00001, 00002$/,
    /when the repair is done/,
  ],
  ['manifest unreadable', { ...CONVERTED, manifest: 'unreadable' }, /cannot be read/, /--repair/],
  ['record unreadable', { ...NOTHING, record: 'unreadable', rawObject: true }, /record cannot be read/, /--repair/],
  ['done', { ...CONVERTED, manifest: 'closed' }, /^$/, /^$/],
];

const OPEN: RunFacts = { manifest: 'absent', files: 3, done: 1, failed: 0 };
const RUNS: readonly [state: string, facts: RunFacts, missing: RegExp, next: RegExp][] = [
  ['open', OPEN, /^2 of 3 files have no manifest$/, /workers/],
  ['open', { ...OPEN, failed: 1 }, /^2 of 3 files have no manifest$/, /workers/],
  ['failed', { ...OPEN, failed: 2 }, /^2 files failed$/, /fleet redrive/],
  [
    'open',
    { ...OPEN, done: 3 },
    /every file has a manifest, and the run's manifest is missing/,
    /seed again: it closes/,
  ],
  ['open', { ...OPEN, done: 3, manifest: 'revoked' }, /the run's manifest is revoked/, /seed again/],
  ['open', { ...OPEN, manifest: 'revoked' }, /2 of 3 files have no manifest, and the run's manifest is revoked/, /./],
  ['open', { ...OPEN, done: 3, manifest: 'unreadable' }, /cannot be read/, /--repair/],
  ['done', { ...OPEN, done: 3, manifest: 'closed' }, /^$/, /^$/],
];

describe('the states of a run between two writes', () => {
  for (const [state, facts, missing, next] of FILES) {
    it(`of a file: ${state} (${missing.source})`, () => {
      const found = stateOfFile(facts);
      assert.equal(found.state, state);
      assert.match(found.missing, missing);
      assert.match(found.next, next);
    });
  }
  for (const [state, facts, missing, next] of RUNS) {
    it(`of a run: ${state} (${missing.source})`, () => {
      const found = stateOfRun(facts);
      assert.equal(found.state, state);
      assert.match(found.missing, missing);
      assert.match(found.next, next);
    });
  }

  it('names what is missing of everything that is not done', () => {
    const manifests: ManifestState[] = ['absent', 'revoked', 'unreadable', 'closed'];
    for (const manifest of manifests) {
      for (const record of ['absent', 'unreadable', 'there'] as const) {
        for (const rawObject of [true, false]) {
          for (const failures of [0, 1]) {
            for (const missingSplits of [[], [0]]) {
              const facts = { manifest, repairs: [], failures, record, rawObject, splits: 1, missingSplits };
              const { state, missing, next } = stateOfFile(facts);
              assert.equal(missing === '' || next === '' || state === 'done', manifest === 'closed');
            }
          }
        }
      }
    }
  });
});
