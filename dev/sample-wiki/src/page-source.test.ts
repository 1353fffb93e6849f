import assert from 'node:assert/strict';
import { PageSource } from './page-source.js';
import { base36Sha1 } from './revisions.js';
import type { SamplePage } from './sample-page.js';
import { SAMPLE_TWO_WIKI, SAMPLE_WIKI } from './sample-wikis.js';

describe('PageSource', () => {
  const pages = take(new PageSource(SAMPLE_WIKI, 1, '2026-10-01'), 2000);

  it('gives every page ids and a title of its own', () => {
    assert.equal(new Set(pages.map(({ title }) => title)).size, pages.length);
    const revisions = pages.flatMap(({ earlier, revision }) => [...earlier, revision].map(({ id }) => id));
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].toSorted((a, b) => a - b),
    );
  });

  it('gives the same page for the same seed, another for another', () => {
    const again = new PageSource(SAMPLE_WIKI, 1, '2026-10-01');
    const other = new PageSource(SAMPLE_WIKI, 2, '2026-10-01');
    assert.deepEqual(again.page(17), new PageSource(SAMPLE_WIKI, 1, '2026-10-01').page(17));
    assert.notDeepEqual(again.page(17), other.page(17));
  });

  it('writes only times before the date of the run', () => {
    for (const page of pages) assert.ok(page.revision.timestamp < '2026-10-01', page.revision.timestamp);
  });

  it('prefixes titles with the name of their namespace in the wiki', () => {
    const french = take(new PageSource(SAMPLE_TWO_WIKI, 1, '2026-10-01'), 200);
    assert.ok(french.some(({ title }) => title.startsWith('Catégorie:')));
    for (const { namespace, title } of french) {
      if (namespace !== 0) assert.ok(title.startsWith(`${SAMPLE_TWO_WIKI.namespaces.get(namespace)}:`), title);
    }
  });

  const has: readonly (readonly [string, (page: SamplePage) => boolean])[] = [
    ...[0, 1, 4, 6, 8, 10, 14, 828].map(
      (key) => [`namespace ${key}`, (page: SamplePage) => page.namespace === key] as const,
    ),
    ['a redirect', (page) => page.redirectTarget !== null],
    ['a title with quotes', (page) => page.title.includes('"')],
    ['a title with an ampersand', (page) => page.title.includes('&')],
    ['a title beyond the first plane', (page) => page.title.includes('🦊')],
    ['a hidden user', (page) => page.revision.contributor.kind === 'hidden'],
    ['an address for a user', (page) => page.revision.contributor.kind === 'ip'],
    [
      'a temporary account',
      ({ revision: { contributor } }) => contributor.kind === 'user' && contributor.name.startsWith('~2026-'),
    ],
    [
      'an imported user with id 0',
      ({ revision: { contributor } }) => contributor.kind === 'user' && contributor.id === 0,
    ],
    [
      'a user without a name',
      ({ revision: { contributor } }) => contributor.kind === 'user' && contributor.name === '',
    ],
    ['a hidden comment', (page) => page.revision.comment === null],
    ['no comment', (page) => page.revision.comment === ''],
    ['a hidden text', (page) => page.revision.isTextHidden],
    ['an empty text', (page) => page.revision.slots[0]?.text === ''],
    ['a minor edit', (page) => page.revision.isMinor],
    ['a second slot', (page) => page.revision.slots[1]?.role === 'mediainfo'],
    ['a slot of an earlier revision', (page) => page.revision.slots[0]?.origin !== page.revision.id],
    ['a wrong size', ({ revision }) => revision.slots.some(({ text, bytes }) => bytes !== Buffer.byteLength(text))],
    ['a wrong hash', ({ revision }) => revision.slots.some(({ text, sha1 }) => sha1 !== base36Sha1(text))],
    ['a text of half a million characters', (page) => (page.revision.slots[0]?.text.length ?? 0) >= 500_000],
    ['earlier revisions', (page) => page.earlier.length > 1],
    ...['é', 'ж', 'ω', 'م', 'ক', '的', 'の', '𐌰', '&nbsp;', '<ref', '{|', '=='].map((part) => {
      return [
        `a text with ${part}`,
        (page: SamplePage) => page.revision.slots[0]?.text.includes(part) === true,
      ] as const;
    }),
  ];
  for (const [name, test] of has) {
    it(`has ${name}, but not only`, () => {
      const count = pages.filter(test).length;
      assert.ok(count > 0 && count < pages.length, `received ${count} of ${pages.length} pages`);
    });
  }
});

describe('base36Sha1', () => {
  it('is what MediaWiki writes for an empty text', () => {
    assert.equal(base36Sha1(''), 'phoiac9h4m842xq45sp7s6u21eteeq1');
  });
});

function take(source: PageSource, count: number): SamplePage[] {
  let id = 0;
  return Array.from({ length: count }, () => {
    id = source.nextId(id);
    return source.page(id);
  });
}
