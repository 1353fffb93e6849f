import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { WikitextKernel } from './wikitext-kernel.js';

const DOCUMENT = new URL('../../../docs/text.md', import.meta.url);
const BLOCK = /^```(wikitext|text|markdown)\n([\s\S]*?)\n```$/gm;

describe('docs/text.md', () => {
  const kernel = new WikitextKernel({ language: 'en', namespaces: [] });
  let wikitext = '';
  let examples = 0;
  for (const [, kind = '', content = ''] of readFileSync(DOCUMENT, 'utf8').matchAll(BLOCK)) {
    if (kind === 'wikitext') {
      wikitext = content;
      continue;
    }
    examples += 1;
    const source = wikitext;
    it(`has the ${kind} of ${JSON.stringify(source.slice(0, 50))}`, () => {
      assert.ok(kernel.parse(Buffer.from(source)));
      const made = kind === 'text' ? kernel.plainText() : kernel.markdown();
      assert.equal(made?.toString(), content);
    });
  }

  it('has examples', () => assert.ok(examples > 8));
});
