import { SCENARIOS } from './scenarios.js';

/** Branches of the protocol that the default run must reach: outcomes of conditional writes, drops, retries, failures. */
export const EXPECTED_BRANCHES: readonly string[] = [
  ...['plan', 'raw record', 'receipt', 'file manifest', 'run manifest'].flatMap((kind) => [
    `put if none ${kind}: done`,
    `put if none ${kind}: 412`,
    `put if none ${kind}: 412, after its own write`,
    `put if match ${kind}: done`,
    `put if match ${kind}: 412`,
  ]),
  'put if match failure: done',
  'put if match failure: 412',
  'put failure: done',
  'put part: 404',
  'put part: done, after its own write',
  'put raw object: 404, after its own write',
  ...['part', 'index', 'quarantine', 'receipt', 'raw record', 'raw object', 'file manifest', 'failure', 'other'].map(
    (kind) => `delete ${kind}`,
  ),
  'log: job_dropped',
  'log: download_discarded',
  'log: download_superseded',
  'log: file_closed_before',
  'log: file_failed',
  'log: raw_object_missing',
  'log: run_closed',
  'log: split_converted_before',
  'log: split_discarded',
  'log: lease lost',
  'log: job handed back',
  ...['acknowledge', 'hand-back'].map((kind) => `settled: ${kind}`),
  ...[
    'CHECKSUM_DIFFERS',
    'FILE_NOT_ON_MIRROR',
    'GIVEN_UP',
    'JOB_DOES_NOT_FIT',
    'JOB_MALFORMED',
    'OBJECT_MALFORMED',
    'PAGE_BROKEN',
    'RAW_CHANGED',
    'RAW_RECORD_MALFORMED',
  ].map((code) => `settled: dead-letter ${code}`),
  ...['RAW_RECORD_MISSING', 'PARTS_VERSION_DIFFERS', 'PART_CONTESTED', 'ECONNRESET'].map((code) => `retried: ${code}`),
  ...['PLAN_SUPERSEDED', 'PLAN_DIFFERS', 'PLAN_UNREADABLE', 'PLAN_CHANGED'].map((code) => `command: ${code}`),
  ...['cut', 'empty', 'garbled'].map((kind) => `body ${kind}`),
  ...[
    'plan',
    'raw record',
    'raw object',
    'receipt',
    'part',
    'index',
    'quarantine',
    'file manifest',
    'run manifest',
  ].map((kind) => `tampered: ${kind}`),
  'tampered: added',
  'forged',
  ...SCENARIOS.map(({ name }) => `scenario: ${name}`),
  'verified: proved',
  'verified: not proved',
  'end: closed',
  'end: failed',
];

/** How often what was reached, a line each, and the branches that were not. */
export function describeCoverage(hits: ReadonlyMap<string, number>): {
  readonly lines: string[];
  readonly missing: string[];
} {
  const lines = [...hits]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${String(count).padStart(9)}  ${name}`);
  return { lines, missing: EXPECTED_BRANCHES.filter((name) => !hits.has(name)) };
}
