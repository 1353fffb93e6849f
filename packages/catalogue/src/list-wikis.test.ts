import assert from 'node:assert/strict';
import { folderOfWikis, wikisOf } from './list-wikis.js';

const folder = (name: string): { name: string; size: null; directory: true } => ({ name, size: null, directory: true });

describe('wikisOf', () => {
  for (const name of [
    'other',
    'kiwix',
    'archive',
    '20261001',
    '../aawiki',
    'AAwiki',
    'wiki/..',
    'a'.repeat(80) + 'wiki',
    '',
  ]) {
    it(`takes ${JSON.stringify(name.slice(0, 20))} for no wiki`, () => assert.deepEqual(wikisOf([folder(name)]), []));
  }

  it('takes no file for a wiki', () => assert.deepEqual(wikisOf([{ name: 'aawiki', size: 5, directory: false }]), []));

  it('sorts what it takes, each once', () => {
    const names = [
      'zh_min_nanwiki',
      'dewiktionary',
      'be_x_oldwiki',
      'dewiktionary',
      'wikidatawiki',
      'frwikivoyage',
      'arwikimedia',
    ];
    assert.deepEqual(wikisOf(names.map(folder)), [
      'arwikimedia',
      'be_x_oldwiki',
      'dewiktionary',
      'frwikivoyage',
      'wikidatawiki',
      'zh_min_nanwiki',
    ]);
  });
});

describe('folderOfWikis', () => {
  it('is the root for runs, and a folder of its own for content exports', () => {
    assert.equal(folderOfWikis('articles'), '');
    assert.equal(folderOfWikis('content-history'), 'other/mediawiki_content_history');
  });
});
