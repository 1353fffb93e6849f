import assert from 'node:assert/strict';
import { rowSchema } from '@wikifleet/domain/row-schema';
import { TEXT_COLUMNS } from '@wikifleet/domain/text-columns';
import fc from 'fast-check';
import { generatedPage } from './testing/page-generators.js';
import { convert } from './testing/test-tools.js';

/** The columns that are made beside the engines are none of theirs. */
const KEYS = Object.keys(rowSchema.shape).filter((key) => !TEXT_COLUMNS.some((name) => name === key));
const SLOT_KEYS = Object.keys(rowSchema.shape.revision_content_slots.shape.main.shape);

describe('the published schema', function () {
  this.timeout(60_000);

  it('takes every row of generated pages, whose keys are in its order', () => {
    let rows = 0;
    let roles = 0;
    fc.assert(
      fc.property(generatedPage, (xml) => {
        for (const line of convert(xml).lines) {
          const row = JSON.parse(line) as { revision_content_slots: Record<string, object> };
          rowSchema.parse(row);
          assert.deepEqual(Object.keys(row), KEYS);
          for (const slot of Object.values(row.revision_content_slots)) assert.deepEqual(Object.keys(slot), SLOT_KEYS);
          rows += 1;
          roles += Object.keys(row.revision_content_slots).length;
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(rows > 100 && roles > rows, `${rows} rows with ${roles} slots`);
  });
});
