import assert from 'node:assert/strict';
import { asTyped } from './as-typed.js';
import type { Program } from './as-typed.js';

describe('asTyped', () => {
  const checkout = '/home/me/wikifleet/apps/seed/dist/main.js';
  const table: [script: string, program: Program, args: string, typed: string][] = [
    ['', 'seed', '--force', 'npm run seed -- --force'],
    ['/wikifleet/other.mjs', 'seed', '', 'npm run seed'],
    [checkout, 'seed', '--force', 'npm run seed -- --force'],
    [checkout, 'fleet', 'status', 'npm run -s fleet -- status'],
    [checkout, 'start', '', 'npm start'],
    [checkout, 'start', '--help', 'npm start -- --help'],
    [checkout, 'watch', '', 'npm run watch'],
    ['/home/me/node_modules/.bin/wikifleet', 'seed', '--force', 'wikifleet seed --force'],
    ['/home/me/node_modules/wikifleet/bin/wikifleet.mjs', 'start', '', 'wikifleet start'],
    ['C:\\node_modules\\wikifleet\\bin\\wikifleet.mjs', 'fleet', 'status', 'wikifleet fleet status'],
    ['wikifleet', 'watch', '--port 0', 'wikifleet fleet watch --port 0'],
  ];
  for (const [script, program, args, typed] of table) {
    it(`${typed} (${script})`, () => assert.equal(asTyped(program, args, script), typed));
  }
});
