import assert from 'node:assert/strict';
import { HelpRequested, UsageError } from '@wikifleet/domain/errors';
import { oneOf, parseCommandLine, wholeNumber } from './command-line.js';

const LINE = {
  usage: 'npm run thing -- FILE [flags]',
  about: 'Does a thing.',
  flags: {
    wiki: { type: 'string', value: 'W', help: 'which wiki\n(default: none)' },
    'dry-run': { type: 'boolean', help: 'do nothing' },
  },
  positionals: ['FILE', 'OUT'],
} as const;

function isRefusal(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof UsageError, String(error));
    assert.equal(error.code, 'COMMAND_LINE_REFUSED');
    assert.match(error.message, pattern);
    assert.match(error.message, /; usage: npm run thing -- FILE \[flags\] \(--help says more\)$/);
    assert.doesNotMatch(error.message, /\n/, 'one line');
    return true;
  };
}

describe('parseCommandLine', () => {
  const refused: [argv: string[], says: RegExp][] = [
    [['a', 'b', '--wikis', 'x'], /^Unknown option '--wikis'/],
    [['a', 'b', '-x'], /^Unknown option '-x'/],
    [['a', 'b', '--no-dry-run'], /^Unknown option '--no-dry-run'/],
    [['a', 'b', '--__proto__', 'x'], /^Unknown option '--__proto__'/],
    [['a', 'b', '--constructor=x'], /^Unknown option '--constructor'/],
    [['a', 'b', '--wiki'], /--wiki.* argument missing/],
    [['a', 'b', '--wiki', '--dry-run'], /--wiki.* argument is ambiguous/],
    [['a', 'b', '--dry-run=yes'], /--dry-run.* does not take an argument/],
    [[], /^expected FILE/],
    [['a'], /^expected OUT/],
    [['a', '--dry-run'], /^expected OUT/],
    [['a', 'b', 'c'], /^unexpected word "c"/],
    [['a', 'b', '--', '--wiki'], /^unexpected word "--wiki"/],
    [['a', 'b', 'two\nlines'], /^unexpected word "two\\nlines"/],
  ];
  for (const [argv, says] of refused) {
    it(`refuses ${JSON.stringify(argv.join(' '))}`, () => {
      assert.throws(() => parseCommandLine(LINE, argv), isRefusal(says));
    });
  }

  it('refuses any word where none is expected', () => {
    const { positionals: _, ...line } = LINE;
    assert.throws(() => parseCommandLine(line, ['a']), isRefusal(/^unexpected word "a"/));
    assert.deepEqual(parseCommandLine(line, []).positionals, []);
  });

  it('reads words and flags in any order', () => {
    for (const argv of [
      ['a', 'b', '--wiki', 'aawiki', '--dry-run'],
      ['--wiki=aawiki', 'a', '--dry-run', 'b'],
    ]) {
      const { flags, positionals } = parseCommandLine(LINE, argv);
      assert.deepEqual({ ...flags }, { wiki: 'aawiki', 'dry-run': true });
      assert.deepEqual(positionals, ['a', 'b']);
    }
    assert.deepEqual({ ...parseCommandLine(LINE, ['a', 'b']).flags }, {});
    assert.deepEqual(parseCommandLine(LINE, ['a', '--', '-b']).positionals, ['a', '-b']);
  });

  for (const argv of [['--help'], ['-h'], ['a', '--help', 'b', 'c'], ['--wiki', 'x', '-h']]) {
    it(`shows its help for ${argv.join(' ')}, whatever else is missing`, () => {
      assert.throws(
        () => parseCommandLine(LINE, argv),
        (error) => {
          assert.ok(error instanceof HelpRequested);
          assert.equal(
            error.message,
            'usage: npm run thing -- FILE [flags]\n\nDoes a thing.\n\n' +
              '  --wiki W   which wiki\n             (default: none)\n  --dry-run  do nothing\n  --help     this text\n',
          );
          return true;
        },
      );
    });
  }
});

describe('wholeNumber', () => {
  for (const text of [
    '',
    ' ',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x1',
    'NaN',
    'Infinity',
    '1 ',
    '١',
    '0',
    '11',
    '9'.repeat(16),
  ]) {
    it(`refuses ${JSON.stringify(text)} from 1 to 10`, () => {
      assert.throws(
        () => wholeNumber('slots', text, 1, 10),
        (error) =>
          error instanceof UsageError &&
          error.message === `--slots: expected a whole number from 1 to 10, received ${JSON.stringify(text)}`,
      );
    });
  }
  it('takes its bounds', () => {
    assert.equal(wholeNumber('slots', '1', 1, 10), 1);
    assert.equal(wholeNumber('slots', '10', 1, 10), 10);
    assert.equal(wholeNumber('bytes', '999999999999999', 0, Number.MAX_SAFE_INTEGER), 999_999_999_999_999);
  });
});

describe('oneOf', () => {
  it('takes its words alone, and lists them', () => {
    assert.equal(oneOf('compression', 'gzip', ['none', 'gzip']), 'gzip');
    for (const text of ['', 'GZIP', 'gzip ', 'constructor', '0']) {
      assert.throws(
        () => oneOf('compression', text, ['none', 'gzip']),
        (error) => error instanceof UsageError && error.message.includes('--compression: expected one of none, gzip;'),
      );
    }
  });
});
