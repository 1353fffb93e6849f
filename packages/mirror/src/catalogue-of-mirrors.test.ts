import assert from 'node:assert/strict';
import { parseMirrors } from '@wikifleet/config/mirrors';
import { PermanentError } from '@wikifleet/domain/errors';
import type { FleetError } from '@wikifleet/domain/errors';
import { catalogueOfMirrors } from './catalogue-of-mirrors.js';
import { mirrorError, notFound } from './mirror-error.js';
import type { Mirror, MirrorEntry } from './mirror.js';
import type { KnownMirror } from './open-mirrors.js';

/** Mirrors by name, each of which has a text, has none, or throws. */
function mirrors(answers: Readonly<Record<string, string | null | Error>>): KnownMirror[] {
  const names = Object.keys(answers);
  const { mirrors: configs } = parseMirrors(
    JSON.stringify({ mirrors: names.map((name) => ({ name, protocol: 'ftp', host: `${name}.example.org` })) }),
    'mirrors.json',
  );
  return configs.map((config) => {
    const answer = answers[config.name] ?? null;
    const give = async (): Promise<string | null> => {
      if (answer instanceof Error) throw answer;
      return await Promise.resolve(answer);
    };
    return { config, mirror: { name: config.name, readText: give, size: give } as unknown as Mirror };
  });
}

const down = (name: string): FleetError => mirrorError('MIRROR_UNREACHABLE', `ftp://${name}.example.org/x`, 'refused');
const noWait = async (): Promise<void> => await Promise.resolve();
const asText = (text: string): string => text;
const { signal } = new AbortController();

describe('catalogueOfMirrors', () => {
  it('names every mirror when none could be asked', async () => {
    const source = catalogueOfMirrors(mirrors({ a: down('a'), b: down('b'), c: down('c') }), signal);
    for (const question of [source.fetchText('x', asText), source.size('x')])
      await assert.rejects(question, (error: FleetError) => {
        for (const name of ['a', 'b', 'c']) assert.ok(error.message.includes(`ftp://${name}.example.org/x: refused`));
        assert.equal(error.code, 'MIRROR_UNREACHABLE');
        assert.ok(!(error instanceof PermanentError), 'it may be there later');
        return true;
      });
  });

  it('gives the only error as it is, and a permanent one where all are', async () => {
    const error = down('a');
    await assert.rejects(
      catalogueOfMirrors(mirrors({ a: error }), signal, undefined, noWait).fetchText('x', asText),
      error,
    );
    const gone = catalogueOfMirrors(mirrors({ a: notFound('ftp://a/x'), b: notFound('ftp://b/x') }), signal);
    await assert.rejects(gone.fetchText('x', asText), PermanentError);
  });

  it('reports a mirror that could not be asked once, where another answered', async () => {
    const failed: string[] = [];
    const source = catalogueOfMirrors(mirrors({ a: down('a'), b: 'text', c: down('c') }), signal, (name) =>
      failed.push(name),
    );
    assert.equal(await source.fetchText('x', asText), 'text');
    assert.equal(await source.fetchText('y', asText), 'text');
    assert.deepEqual(failed, ['a']);
    const absent = catalogueOfMirrors(mirrors({ a: down('a'), b: null, c: down('c') }), signal, (name) =>
      failed.push(name),
    );
    assert.equal(await absent.fetchText('x', asText), null);
    assert.deepEqual(failed, ['a', 'a', 'c']);
  });

  const damaged = (text: string): string => {
    if (text === 'good') return text;
    throw new PermanentError('STATUS_UNREADABLE', `x: expected good, received ${text}`);
  };
  /** Mirrors by name that give these answers one after another, the last one for ever; with what they were asked. */
  const scripted = (answers: Readonly<Record<string, readonly (string | null | Error)[]>>) => {
    const asked: string[] = [];
    const waits: number[] = [];
    const known = mirrors(Object.fromEntries(Object.keys(answers).map((name) => [name, null]))).map((one) => {
      let reads = 0;
      const give = async (): Promise<string | null> => {
        asked.push(one.config.name);
        const given = answers[one.config.name] ?? [];
        const answer = given[Math.min(reads, given.length - 1)] ?? null;
        reads += 1;
        if (answer instanceof Error) throw answer;
        return await Promise.resolve(answer);
      };
      const list = async (): Promise<MirrorEntry[]> => {
        const name = (await give()) ?? '';
        return name === '' ? [] : [{ name, size: null, directory: false }];
      };
      return { ...one, mirror: { name: one.config.name, readText: give, list } as unknown as Mirror };
    });
    const wait = async (milliseconds: number): Promise<void> => await Promise.resolve(void waits.push(milliseconds));
    return { source: catalogueOfMirrors(known, signal, undefined, wait), asked, waits };
  };
  const cut = mirrorError('MIRROR_DROPPED', 'ftp://a.example.org/x', 'the connection was cut');

  const rereads: [string, Readonly<Record<string, readonly (string | null | Error)[]>>, string[], number[]][] = [
    ['a good text once', { a: ['good'], b: ['good'] }, ['a'], []],
    ['a text that was garbled once again', { a: ['g{od', 'good'], b: ['good'] }, ['a', 'a'], [500]],
    ['an empty text again', { a: ['', 'good'] }, ['a', 'a'], [500]],
    ['a text whose transfer was cut again', { a: [cut, 'good'], b: ['good'] }, ['a', 'a'], [500]],
    ['a text that stays garbled from the next mirror', { a: ['g'], b: ['good'] }, ['a', 'a', 'a', 'b'], [500, 1000]],
    ['the next mirror at once where one is down', { a: [down('a')], b: ['good'] }, ['a', 'b'], []],
    ['the only mirror again where it is down', { a: [down('a'), 'good'] }, ['a', 'a'], [500]],
  ];
  for (const [what, answers, expected, waited] of rereads) {
    it(`reads ${what}`, async () => {
      const { source, asked, waits } = scripted(answers);
      assert.equal(await source.fetchText('x', damaged), 'good');
      assert.deepEqual([asked, waits], [expected, waited]);
    });
  }

  it('names every mirror and its answer where none has a text that can be parsed', async () => {
    const { source, asked } = scripted({ a: ['g{od'], b: [down('b')], c: [null] });
    await assert.rejects(source.fetchText('x', damaged), (error: FleetError) => {
      assert.match(error.message, /a: x: expected good, received g\{od \(read 3 times\)/);
      assert.match(error.message, /b\.example\.org\/x: refused/);
      assert.match(error.message, /c: x: the mirror says that it is not there/);
      return true;
    });
    assert.deepEqual(asked, ['a', 'a', 'a', 'b', 'c']);
    const code = 'STATUS_UNREADABLE';
    await assert.rejects(scripted({ a: [null], b: ['g'] }).source.fetchText('x', damaged), {
      name: 'PermanentError',
      code,
    });
  });

  it('lists every mirror, and reads a listing again that was cut', async () => {
    const { source, waits } = scripted({ a: [cut, 'file'], b: [down('b')], c: [notFound('ftp://c/x')] });
    const file = { name: 'file', size: null, directory: false };
    assert.deepEqual(await source.listings('x'), [
      { mirror: 'a', entries: [file], problem: null },
      { mirror: 'b', entries: null, problem: 'ftp://b.example.org/x: refused' },
      { mirror: 'c', entries: null, problem: null },
    ]);
    assert.deepEqual(waits, [500]);
  });

  it('ends its waiting when it is aborted', async () => {
    const controller = new AbortController();
    const [only] = mirrors({ a: 'garbled' });
    assert.ok(only);
    const reading = catalogueOfMirrors([only], controller.signal).fetchText('x', damaged);
    controller.abort(new Error('stopped'));
    await assert.rejects(reading, /stopped|aborted/);
  });
});
