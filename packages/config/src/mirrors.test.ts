import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { UsageError } from '@wikifleet/domain/errors';
import { parseMirrors } from './mirrors.js';

const GOOD = { name: 'a', protocol: 'ftp', host: 'ftp.example.org' };

/** The message for a file with these mirrors, or null where it is accepted. */
function refusalOf(mirrors: unknown, rest: object = {}): string | null {
  try {
    parseMirrors(JSON.stringify({ mirrors, ...rest }), 'mirrors.json');
    return null;
  } catch (error) {
    assert.ok(error instanceof UsageError);
    assert.equal(error.code, 'MIRRORS_REFUSED');
    return [error.message, ...error.moreLines].join('\n');
  }
}

describe('parseMirrors', () => {
  const refused: [what: string, change: object, place: string][] = [
    ['a host with a path', { host: 'example.org/x' }, 'mirrors[0].host'],
    ['a host with a port', { host: 'example.org:21' }, 'mirrors[0].host'],
    ['a host with a line break', { host: 'example.org\r\nQUIT' }, 'mirrors[0].host'],
    ['a host that looks like half an address', { host: '10.1' }, 'mirrors[0].host'],
    ['a host with an empty label', { host: 'a..b' }, 'mirrors[0].host'],
    ['an address in brackets', { host: '[::1]' }, 'mirrors[0].host'],
    ['a name with a slash', { name: 'a/b' }, 'mirrors[0].name'],
    ['a root that climbs', { root: '/pub/../etc' }, 'mirrors[0].root'],
    ['a root with an empty name', { root: 'pub//dumps' }, 'mirrors[0].root'],
    ['a root with a query', { root: 'pub?x' }, 'mirrors[0].root'],
    ['no connection', { connections: 0 }, 'mirrors[0].connections'],
    ['too many connections', { connections: 33 }, 'mirrors[0].connections'],
    ['half a connection', { connections: 1.5 }, 'mirrors[0].connections'],
    ['port 0', { port: 0 }, 'mirrors[0].port'],
    ['another protocol', { protocol: 'file' }, 'mirrors[0].protocol'],
    ['an unknown key', { conections: 3 }, 'conections'],
    ['an unknown holding', { holds: ['sql'] }, 'mirrors[0].holds[0]'],
    ['status over ftp', { status: true }, 'mirrors[0].status'],
    ['status over http', { status: true, protocol: 'http' }, 'mirrors[0].status'],
  ];
  for (const [what, change, place] of refused) {
    it(`refuses ${what}`, () => {
      const message = refusalOf([{ ...GOOD, ...change }]);
      assert.ok(message?.includes(place), `expected a refusal that names ${place}, received ${message}`);
    });
  }

  it('names all problems at once', () => {
    const message = refusalOf(
      [
        { ...GOOD, host: '!' },
        { ...GOOD, name: 'b', port: -1 },
      ],
      { contact: 'a b' },
    );
    assert.equal(message?.split('\n').length, 4);
    for (const place of ['mirrors[0].host', 'mirrors[1].port', 'contact']) assert.ok(message.includes(place), message);
  });

  it('refuses two mirrors of one name, no mirror, and what is no JSON', () => {
    assert.match(refusalOf([GOOD, GOOD]) ?? '', /mirrors\[1\]\.name: is there twice/);
    assert.match(refusalOf([]) ?? '', /mirrors: /);
    assert.throws(() => parseMirrors('{', 'x.json'), /x\.json is no JSON/);
    assert.throws(() => parseMirrors(' '.repeat(2 ** 21), 'x.json'), /1048576 characters at most/);
  });

  it('gives defaults and one form of the root', () => {
    const { mirrors } = parseMirrors(JSON.stringify({ mirrors: [{ ...GOOD, root: '/pub/dumps/' }] }), 'x');
    assert.deepEqual(mirrors, [
      { ...GOOD, root: 'pub/dumps', connections: 3, holds: ['legacy', 'content'], status: false, plainStatus: false },
    ]);
  });

  for (const change of [
    { status: true, host: '127.0.0.1', protocol: 'http' },
    { status: true, host: 'localhost' },
    { status: true, host: '::1' },
    { status: true, plainStatus: true },
    { status: true, protocol: 'https' },
    { host: '2001:db8::1' },
    { host: 'xn--bcher-kva.example' },
  ]) {
    it(`accepts ${JSON.stringify(change)}`, () => assert.equal(refusalOf([{ ...GOOD, ...change }]), null));
  }

  it('accepts the mirror file of this repository', () => {
    const path = new URL('../../../mirrors.json', import.meta.url);
    const { mirrors } = parseMirrors(readFileSync(path, 'utf8'), 'mirrors.json');
    assert.ok(mirrors.some(({ protocol }) => protocol === 'ftp'));
    assert.ok(mirrors.some(({ protocol, status }) => protocol === 'https' && status));
  });
});
