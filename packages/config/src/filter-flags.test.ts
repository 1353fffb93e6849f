import assert from 'node:assert/strict';
import { UsageError } from '@wikifleet/domain/errors';
import { MAX_NAMESPACES, pageFilterSchema } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { parseCommandLine } from './command-line.js';
import { FILTER_FLAGS, filterArguments, filterOf } from './filter-flags.js';

const COMMAND_LINE = { usage: 'x', about: '', flags: FILTER_FLAGS } as const;
const read = (...argv: string[]): PageFilter => filterOf(parseCommandLine(COMMAND_LINE, argv).flags);

/** As many namespaces as a filter may name. */
const MOST = Array.from({ length: MAX_NAMESPACES }, (_, i) => i);

describe('filterOf', () => {
  const refused: [what: string, text: string][] = [
    ['a word among them', '0,abc'],
    ['nothing', ''],
    ['nothing between commas', '0,,14'],
    ['a comma at the end', '0,'],
    ['half a namespace', '0.5'],
    ['another base', '0x0e'],
    ['digits that mean the same', '014'],
    ['a plus', '+14'],
    ['sixteen digits', '1'.repeat(16)],
    ['other separators', '0;14'],
    ['digits of another script', '٣'],
    ['a line break', '0,\u{1b}[2J\n14'],
    ['too many', Array.from({ length: MAX_NAMESPACES + 1 }, (_, i) => i).join()],
  ];
  for (const [what, text] of refused) {
    it(`refuses ${what} in one clear line`, () => {
      assert.throws(
        () => read(`--namespaces=${text}`),
        (error) => {
          assert.ok(error instanceof UsageError && error.code === 'FLAG_REFUSED');
          assert.match(error.message, /^--namespaces: expected .* whole numbers .* received "/);
          assert.ok(error.message.includes(JSON.stringify(text).slice(0, 60)) && error.message.length < 250);
          assert.ok(!error.message.includes('\n') && !error.message.includes('\u001b'));
          return true;
        },
      );
    });
  }

  const taken: [argv: string[], filter: PageFilter][] = [
    [[], { namespaces: null, redirects: true }],
    [['--no-redirects'], { namespaces: null, redirects: false }],
    [['--namespaces', '0'], { namespaces: [0], redirects: true }],
    [['--namespaces', ' 14, 0,14'], { namespaces: [0, 14], redirects: true }],
    [['--namespaces=-2,0,-1,-0', '--no-redirects'], { namespaces: [-2, -1, 0], redirects: false }],
    [['--namespaces', MOST.join()], { namespaces: MOST, redirects: true }],
    [['--namespaces', '10,9,2600'], { namespaces: [9, 10, 2600], redirects: true }],
    [['--namespaces', '9'.repeat(15)], { namespaces: [999_999_999_999_999], redirects: true }],
  ];
  for (const [argv, filter] of taken) {
    it(`reads ${JSON.stringify(argv)}, and says it again`, () => {
      assert.deepEqual(read(...argv), filter);
      assert.deepEqual(pageFilterSchema.parse(read(...argv)), filter);
      assert.deepEqual(read(...filterArguments(filter)), filter);
    });
  }
});
