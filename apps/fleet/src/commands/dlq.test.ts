import assert from 'node:assert/strict';
import { convertJobOf, serializeJob } from '@wikifleet/domain/jobs';
import { DEFAULT_SETTINGS, sealPlan } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import type { DeadLetter } from '@wikifleet/queue/dead-letters';
import { describeQueue, listedLetter } from './dlq.js';

const NOW = new Date('2026-10-02T00:00:00Z');
const PLAN: Plan = sealPlan({
  run: { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' },
  vouchedBy: 'dumpstatus',
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: 30,
  },
  files: [{ file: 'a.bz2', path: 'x/a.bz2', size: 100, checksum: null }],
  supersedes: [],
});
const OBJECT = { size: 100, sha256: 'a'.repeat(64) };
const JOB = serializeJob(convertJobOf(PLAN, 'a.bz2', { index: 3, count: 4, start: 90, end: 100 }, OBJECT));
const LETTER: DeadLetter = {
  messageId: 'm',
  body: JOB,
  code: 'BLOCK_BROKEN',
  reason: 'a block is broken',
  sentAt: new Date('2026-10-01T21:00:00Z'),
  receiveCount: 2,
};

describe('dlq', () => {
  it('says which job failed, why, and how old it is', () => {
    const lines = describeQueue('converts', [listedLetter({ name: 'converts' }, LETTER)], 4, NOW);
    assert.deepEqual(lines, [
      'converts: 1 dead letter listed',
      '  articles/aawiki/2026-10-01 a.bz2 split 00003',
      '    BLOCK_BROKEN: a block is broken',
      '    3 h old, received 2 times here, message m',
      '  about 4 more: not asked for (--max), or somebody else holds them',
    ]);
  });

  it('says that a queue is empty, and of held messages that they are there', () => {
    assert.deepEqual(describeQueue('converts', [], 0, NOW), ['converts: no dead letters']);
    assert.match(describeQueue('converts', [], 2, NOW).join(), /about 2 more/);
  });

  it('takes no job of the other queue for one of this', () => {
    const { file, body } = listedLetter({ name: 'downloads' }, LETTER);
    assert.deepEqual([file, body], [null, JOB.slice(0, 120)]);
  });
});
