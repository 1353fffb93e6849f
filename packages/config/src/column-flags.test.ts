import assert from 'node:assert/strict';
import { UsageError } from '@wikifleet/domain/errors';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import { columnArguments, columnsOf } from './column-flags.js';

type Flags = Parameters<typeof columnsOf>[0];

const CHOICES: readonly (readonly [flags: Flags, choice: ColumnChoice])[] = [
  [{}, { extract: [], keepInText: [], columns: null }],
  [{ extract: 'markdown, plain_text' }, { extract: ['plain_text', 'markdown'], keepInText: [], columns: null }],
  [
    { columns: 'links,revision_dt', extract: 'sections', 'keep-in-text': 'targets,tables' },
    {
      extract: ['sections', 'links'],
      keepInText: ['tables', 'targets'],
      columns: ['revision_dt', 'sections', 'links'],
    },
  ],
  [{ columns: 'page_id' }, { extract: [], keepInText: [], columns: ['page_id'] }],
];

const REFUSED: readonly (readonly [flags: Flags, message: RegExp])[] = [
  [{ extract: 'text' }, /^--extract: expected names of plain_text, .*; received "text"$/],
  [{ extract: '' }, /^--extract: .*received ""$/],
  [{ columns: 'page_id,,' }, /^--columns: expected names of wiki_id, .*; received ""$/],
  [{ columns: 'x'.repeat(200) }, /received "x{80}…"$/],
  [{ 'keep-in-text': 'tables' }, /^--keep-in-text: expected --extract or --columns/],
];

describe('the flags of columns', () => {
  for (const [flags, choice] of CHOICES)
    it(`mean what they say: ${JSON.stringify(flags)}`, () => {
      assert.deepEqual(columnsOf(flags), choice);
      const words = columnArguments(choice).map((word) => word.slice(2).split('=') as [string, string]);
      assert.deepEqual(columnsOf(Object.fromEntries(words)), choice);
    });

  for (const [flags, message] of REFUSED)
    it(`are refused: ${JSON.stringify(flags).slice(0, 60)}`, () =>
      assert.throws(
        () => columnsOf(flags),
        (error) => error instanceof UsageError && message.test(error.message),
      ));
});
