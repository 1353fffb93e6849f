import assert from 'node:assert/strict';
import { joinProblems } from '@wikifleet/domain/join';
import type { SplitResult } from '@wikifleet/domain/receipts';
import type { StreamChecksums } from '@wikifleet/domain/stream-checksums';
import { suspectsOfJoin } from './receipt-problems.js';
import { SIZE, newDraft, resultsOf } from './testing/runs-harness.js';
import { sealPlan } from '@wikifleet/domain/plan';

const DRAFT = newDraft(['a.bz2']);
const PLAN = sealPlan({ ...DRAFT, files: [...DRAFT.files], supersedes: [] });

/** A file of four splits, the last of which owns nothing, with these checksums of streams. */
function resultsWith(streams: readonly StreamChecksums[]): SplitResult[] {
  return resultsOf(PLAN, 'a.bz2').map((result, i) => ({
    ...result,
    sequence: { ...result.sequence, streams: streams[i] ?? null },
  }));
}

describe('suspectsOfJoin', () => {
  const end = { bit: 8 * SIZE - 80, crc: 0 };
  const block = { blocks: 1, fold: 0, end: null };
  const cases: [what: string, streams: StreamChecksums[], suspects: number[]][] = [
    [
      'all splits of a stream whose checksum is wrong',
      [
        { first: block, last: null },
        { first: { ...block, fold: 5 }, last: null },
        { first: { ...block, end }, last: null },
      ],
      [0, 1, 2],
    ],
    [
      'no split of another stream',
      [
        { first: { ...block, end: { bit: 100, crc: 0 } }, last: { header: 180, blocks: 0, fold: 0 } },
        { first: { ...block, fold: 5 }, last: null },
        { first: { ...block, end }, last: null },
      ],
      [1, 2],
    ],
  ];
  for (const [what, streams, suspects] of cases) {
    it(`names ${what}`, () => {
      const results = resultsWith(streams);
      assert.deepEqual(
        joinProblems(SIZE, results).map(({ code }) => code),
        ['BZIP2_STREAM_CRC'],
      );
      assert.deepEqual(suspectsOfJoin(SIZE, results), suspects);
    });
  }
});
