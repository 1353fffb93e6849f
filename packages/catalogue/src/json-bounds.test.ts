import assert from 'node:assert/strict';
import { jsonProblem } from './json-bounds.js';

const BOUNDS = { depth: 3, containers: 6, members: 4 };

const TABLE: readonly [what: string, text: string, problem: RegExp | null][] = [
  ['nothing', '', null],
  ['what is no JSON', 'no { JSON', null],
  ['as deep as may be', '[{"a":[1]}]', null],
  ['too deep', '[{"a":[[1]]}]', /at most 3 deep/],
  ['deep without an end', '['.repeat(1_000_000), /at most 3 deep/],
  ['as many objects as may be', '[{},{},[],{},[]]', null],
  ['too many objects', '[{}{}{}{}{}{}]', /at most 6 objects/],
  ['as many members as may be', '[1,2,3,4,5]', null],
  ['too many members', '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}', /at most 4 members/],
  ['brackets and commas within strings', JSON.stringify(['[[[[{{{{,,,,,,', '"[[[[', '\\']), null],
  ['a string without an end', '["[[[[', null],
  ['a string that ends in a backslash', '["\\', null],
];

describe('jsonProblem', () => {
  for (const [what, text, problem] of TABLE) {
    it(`${problem === null ? 'lets through' : 'names'} ${what}`, () => {
      const found = jsonProblem(text, BOUNDS);
      if (problem === null) assert.equal(found, null);
      else assert.match(found ?? '', problem);
    });
  }
});
