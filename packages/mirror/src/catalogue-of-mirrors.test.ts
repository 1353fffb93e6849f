import assert from 'node:assert/strict';
import { parseMirrors } from '@wikifleet/config/mirrors';
import { PermanentError } from '@wikifleet/domain/errors';
import type { FleetError } from '@wikifleet/domain/errors';
import { catalogueOfMirrors } from './catalogue-of-mirrors.js';
import { mirrorError, notFound } from './mirror-error.js';
import type { Mirror } from './mirror.js';
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
const { signal } = new AbortController();

describe('catalogueOfMirrors', () => {
  it('names every mirror when none could be asked', async () => {
    const source = catalogueOfMirrors(mirrors({ a: down('a'), b: down('b'), c: down('c') }), signal);
    for (const question of [source.fetchText('x'), source.size('x')])
      await assert.rejects(question, (error: FleetError) => {
        for (const name of ['a', 'b', 'c']) assert.ok(error.message.includes(`ftp://${name}.example.org/x: refused`));
        assert.equal(error.code, 'MIRROR_UNREACHABLE');
        assert.ok(!(error instanceof PermanentError), 'it may be there later');
        return true;
      });
  });

  it('gives the only error as it is, and a permanent one where all are', async () => {
    const error = down('a');
    await assert.rejects(catalogueOfMirrors(mirrors({ a: error }), signal).fetchText('x'), error);
    const gone = catalogueOfMirrors(mirrors({ a: notFound('ftp://a/x'), b: notFound('ftp://b/x') }), signal);
    await assert.rejects(gone.fetchText('x'), PermanentError);
  });

  it('reports a mirror that could not be asked once, where another answered', async () => {
    const failed: string[] = [];
    const source = catalogueOfMirrors(mirrors({ a: down('a'), b: 'text', c: down('c') }), signal, (name) =>
      failed.push(name),
    );
    assert.equal(await source.fetchText('x'), 'text');
    assert.equal(await source.fetchText('y'), 'text');
    assert.deepEqual(failed, ['a']);
    const absent = catalogueOfMirrors(mirrors({ a: down('a'), b: null, c: down('c') }), signal, (name) =>
      failed.push(name),
    );
    assert.equal(await absent.fetchText('x'), null);
    assert.deepEqual(failed, ['a', 'a', 'c']);
  });
});
