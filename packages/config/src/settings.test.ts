import assert from 'node:assert/strict';
import { UsageError } from '@wikifleet/domain/errors';
import { WORKER_VARIABLES, readSettings } from './settings.js';

const ALL = [
  ...WORKER_VARIABLES,
  'WIKIFLEET_MIRRORS',
  'WIKIFLEET_CONTACT',
  'WIKIFLEET_DOWNLOAD_SLOTS',
  'WIKIFLEET_WORKERS',
  'WIKIFLEET_GRACE_SECONDS',
] as const;

const GOOD = {
  WIKIFLEET_BUCKET: 'dumps',
  WIKIFLEET_DOWNLOAD_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/download',
  WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/download-dead',
  WIKIFLEET_CONVERT_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/convert',
  WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/convert-dead',
};

/** The lines that name a variable (or another fact of the environment), or null where the environment is accepted. */
function problemsOf(env: Record<string, string | undefined>): string[] | null {
  try {
    readSettings(env, ALL);
    return null;
  } catch (error) {
    assert.ok(error instanceof UsageError);
    assert.equal(error.code, 'ENVIRONMENT_REFUSED');
    return error.moreLines.filter((line) => /^[A-Z_]+: /.test(line));
  }
}

describe('readSettings', () => {
  const refused: [name: string, value: string][] = [
    ['AWS_ENDPOINT_URL', 'localhost:4566'],
    ['AWS_ENDPOINT_URL', 'ftp://127.0.0.1'],
    ['AWS_ENDPOINT_URL', 'nonsense'],
    ['AWS_REGION', '  '],
    ['WIKIFLEET_BUCKET', 'Capitals'],
    ['WIKIFLEET_BUCKET', 'a/b'],
    ['WIKIFLEET_BUCKET', '-a-'],
    ['WIKIFLEET_BUCKET', 'ab'],
    ['WIKIFLEET_CONVERT_QUEUE_URL', 'convert'],
    ['WIKIFLEET_CONVERT_QUEUE_URL', 'file:///etc/passwd'],
    ['WIKIFLEET_LOG_LEVEL', 'loud'],
    ['WIKIFLEET_CONTACT', 'me\r\nX-Header: 1'],
    ['WIKIFLEET_METRICS', 'statsd'],
    ['WIKIFLEET_HEARTBEAT_FILE', ' '],
    ['ECS_AGENT_URI', '169.254.170.2/api'],
    ['WIKIFLEET_CONTACT', 'a b'],
    ['WIKIFLEET_CONTACT', 'a'.repeat(201)],
    ...['0', '33', '1.5', '-1', ' ', '0x3', '1e1', 'NaN', 'Infinity', 'many', '3 '].map((value): [string, string] => [
      'WIKIFLEET_DOWNLOAD_SLOTS',
      value,
    ]),
    ...['0', '1', '43201', ' ', '2.5'].map((value): [string, string] => ['WIKIFLEET_VISIBILITY_SECONDS', value]),
    ...['-1', '257', ' ', 'true', '1e400'].map((value): [string, string] => ['WIKIFLEET_WORKERS', value]),
    ...['-1', '3601', ' ', '1e3', 'Infinity', '.5', '1.'].map((value): [string, string] => [
      'WIKIFLEET_GRACE_SECONDS',
      value,
    ]),
  ];
  for (const [name, value] of refused) {
    it(`refuses ${name}=${JSON.stringify(value.slice(0, 40))}`, () => {
      const problems = problemsOf({ ...GOOD, [name]: value });
      assert.equal(problems?.length, 1);
      const [problem = ''] = problems;
      assert.ok(problem.startsWith(`${name}: `), problem);
      assert.ok(problem.includes('received'), 'it says what came');
    });
  }

  it('names all problems at once, and what is not set', () => {
    const problems = problemsOf({ WIKIFLEET_WORKERS: 'x', WIKIFLEET_LOG_LEVEL: 'y', WIKIFLEET_BUCKET: '' });
    assert.deepEqual(
      problems?.map((line) => /^(\w+): /.exec(line)?.[1]),
      [
        'WIKIFLEET_BUCKET',
        'WIKIFLEET_DOWNLOAD_QUEUE_URL',
        'WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL',
        'WIKIFLEET_CONVERT_QUEUE_URL',
        'WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL',
        'WIKIFLEET_LOG_LEVEL',
        'WIKIFLEET_WORKERS',
      ],
    );
    assert.equal(problems?.filter((line) => line.endsWith(': not set')).length, 5);
  });

  it('says at most 200 characters of a value', () => {
    const [problem] = problemsOf({ ...GOOD, WIKIFLEET_LOG_LEVEL: 'x'.repeat(100_000) }) ?? [];
    assert.ok(problem !== undefined && problem.length < 500);
  });

  it('assumes what is not said, and takes an empty variable for one that is not set', () => {
    const assumed = {
      AWS_REGION: 'us-east-1',
      WIKIFLEET_MIRRORS: 'mirrors.json',
      WIKIFLEET_LOG_LEVEL: 'info',
      WIKIFLEET_DOWNLOAD_SLOTS: 3,
      WIKIFLEET_WORKERS: 0,
      WIKIFLEET_VISIBILITY_SECONDS: 120,
      WIKIFLEET_GRACE_SECONDS: 90,
    };
    const unset = {
      AWS_ENDPOINT_URL: undefined,
      WIKIFLEET_CONTACT: undefined,
      WIKIFLEET_METRICS: undefined,
      WIKIFLEET_HEARTBEAT_FILE: undefined,
      ECS_AGENT_URI: undefined,
    };
    const empty = Object.fromEntries(Object.keys(assumed).map((name) => [name, '']));
    for (const env of [GOOD, { ...GOOD, ...empty, AWS_ENDPOINT_URL: '', WIKIFLEET_CONTACT: '' }]) {
      const settings = readSettings(env, ALL);
      assert.deepEqual({ ...settings }, { ...GOOD, ...assumed, ...unset });
    }
  });

  it('reads what is said, and only what is asked for', () => {
    const env = { ...GOOD, WIKIFLEET_DOWNLOAD_SLOTS: '32', WIKIFLEET_GRACE_SECONDS: '0.5', WIKIFLEET_WORKERS: 'x' };
    const settings = readSettings(env, ['WIKIFLEET_DOWNLOAD_SLOTS', 'WIKIFLEET_GRACE_SECONDS']);
    assert.deepEqual({ ...settings }, { WIKIFLEET_DOWNLOAD_SLOTS: 32, WIKIFLEET_GRACE_SECONDS: 0.5 });
  });

  it('is frozen', () => {
    const settings = readSettings(GOOD, ALL);
    assert.ok(Object.isFrozen(settings));
    assert.throws(() => {
      (settings as { AWS_REGION: string }).AWS_REGION = 'x';
    }, TypeError);
  });
});
