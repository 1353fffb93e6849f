import assert from 'node:assert/strict';
import { convertJobOf, serializeJob } from '@wikifleet/domain/jobs';
import { sealPlan } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import type { DeadLetter } from '@wikifleet/queue/dead-letters';
import { describeQueue, listedLetter } from './dlq.js';
import { printable, printableJson } from './printable.js';

const NOW = new Date('2026-10-02T00:00:00Z');
const PLAN: Plan = sealPlan({
  run: { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' },
  vouchedBy: 'dumpstatus',
  settings: {
    splitBytes: 30,
    format: 'jsonl',
    compression: 'gzip',
    rowsVersion: 1,
    partsVersion: 1,
    namespaces: null,
    redirects: true,
    plainText: false,
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
    assert.equal(
      lines,
      'converts: 1 dead letter listed\n' +
        '  articles/aawiki/2026-10-01 a.bz2 split 00003\n' +
        '    BLOCK_BROKEN: a block is broken\n' +
        '    3 h old, received 2 times here, message m\n' +
        '  about 4 more: not asked for (--max), or somebody else holds them\n',
    );
  });

  it('says that a queue is empty, and of held messages that they are there', () => {
    assert.equal(describeQueue('converts', [], 0, NOW), 'converts: no dead letters\n');
    assert.match(describeQueue('converts', [], 2, NOW), /about 2 more/);
  });

  it('takes no job of the other queue for one of this', () => {
    const { file, body } = listedLetter({ name: 'downloads' }, LETTER);
    assert.deepEqual([file, body], [null, JOB.slice(0, 120)]);
  });

  const hostile: [what: string, text: string][] = [
    ['escape sequences', '\u001b[31m\u001b]0;title\u0007'],
    ['a C1 control', '\u009b31m'],
    ['lines', 'a\nb\r\nc\u2028d\u2029e'],
    ['what turns the text', '\u202eabc\u2066'],
    ['what hides', '\u200b\u{e0041}\u00ad'],
    ['half of a pair', '\ud800'],
    ['NUL and DEL', '\u0000\u007f'],
  ];
  for (const [what, text] of hostile) {
    it(`prints nothing of a stranger's raw: ${what}`, () => {
      const letter = { ...LETTER, body: text, code: text, reason: text, messageId: text, sentAt: null };
      const listed = listedLetter({ name: 'converts' }, letter);
      const lines = describeQueue('converts', [listed], 0, NOW).split('\n');
      assert.equal(lines.length, 5);
      for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      const json = printableJson({ listed });
      assert.doesNotMatch(json, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      assert.deepEqual(JSON.parse(json), { listed });
    });
  }

  it('leaves texts of all scripts as they are', () => {
    for (const text of ['Grüße', '日本語 ページ', 'עברית', '🙂', 'a\u0301']) assert.equal(printable(text), text);
  });
});
