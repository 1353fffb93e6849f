import assert from 'node:assert/strict';
import { rowJsonSchema } from '@wikifleet/domain/row-schema';
import { parquetSchema, rowColumns } from './parquet-schema.js';

describe('the Parquet schema', () => {
  const elements = parquetSchema(rowColumns());

  it('has the columns of the row, with their types, and null where the row has it', () => {
    const json = rowJsonSchema();
    assert.equal(elements[0]?.num_children, json.required?.length);
    const { properties = {}, $defs = {}, required = [] } = json;
    const columns = Object.entries(properties).filter(([name]) => required.includes(name));
    const types = { string: 'BYTE_ARRAY UTF8', integer: 'INT64 ', boolean: 'BOOLEAN ' };
    for (const [name, value] of [...columns, ...Object.entries($defs['slot']?.properties ?? {})]) {
      const element = elements.find((candidate) => candidate.name === name);
      const [type = '', ...others] = [(value as { type: string | string[] }).type].flat();
      if (type === 'object') continue;
      assert.equal(`${element?.type} ${element?.converted_type ?? ''}`, types[type as keyof typeof types], name);
      assert.equal(element?.repetition_type, others.includes('null') ? 'OPTIONAL' : 'REQUIRED', name);
    }
    assert.equal(elements.length, 1 + 18 + 3 + 6);
  });

  it('has plain_text, which may be null, as its last column where that is asked for', () => {
    const more = parquetSchema(rowColumns(['plain_text']));
    assert.deepEqual(more.slice(1, -1), elements.slice(1));
    const { name, repetition_type: repetition, converted_type: type } = more.at(-1)!;
    assert.deepEqual([name, repetition, type], ['plain_text', 'OPTIONAL', 'UTF8']);
  });

  it('has slots as a map in three levels', () => {
    const at = elements.findIndex(({ name }) => name === 'revision_content_slots');
    const levels = elements.slice(at, at + 4);
    assert.deepEqual(
      levels.map(({ name, repetition_type: repetition, num_children: children }) => [name, repetition, children]),
      [
        ['revision_content_slots', 'REQUIRED', 1],
        ['key_value', 'REPEATED', 2],
        ['key', 'REQUIRED', undefined],
        ['value', 'REQUIRED', 6],
      ],
    );
    assert.deepEqual(levels[0]?.logical_type, { type: 'MAP' });
  });

  const { $defs = {}, properties = {} } = rowJsonSchema();
  const refused: [what: string, schema: Parameters<typeof rowColumns>[1], message: RegExp][] = [
    [
      'a list',
      { $defs, required: ['tags'], properties: { ...properties, tags: { type: 'array' } } },
      /tags: expected .* received "array"/,
    ],
    [
      'a number',
      { $defs, required: ['share'], properties: { ...properties, share: { type: 'number' } } },
      /share: expected/,
    ],
    ['no columns', { $defs }, /expected the JSON Schema of a row/],
    ['no slots', { properties }, /expected the JSON Schema of a row/],
  ];
  for (const [what, schema, message] of refused)
    it(`is not made of ${what}`, () => assert.throws(() => rowColumns([], schema), message));
});
