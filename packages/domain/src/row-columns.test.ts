import assert from 'node:assert/strict';
import { NO_OPTIONAL_COLUMNS, rowColumns } from './row-columns.js';
import type { Field } from './row-columns.js';
import { rowJsonSchema } from './row-schema.js';

interface JsonType {
  readonly type?: string | readonly string[];
  readonly additionalProperties?: { readonly $ref?: string };
}

/** A column as the JSON Schema of the row has it. */
function described(name: string, { type, additionalProperties: values }: JsonType): unknown {
  const [kind, ...others] = [type ?? []].flat();
  return { name, kind: values?.$ref ?? kind, nullable: others.includes('null') };
}

function shownField({ name, type, nullable }: Field): unknown {
  const kind = typeof type === 'string' ? type : 'map' in type ? '#/$defs/slot' : 'other';
  return { name, kind, nullable };
}

describe('the columns of a row', () => {
  const { properties = {}, $defs = {}, required = [] } = rowJsonSchema();
  const names = Object.keys(properties);
  const columns = rowColumns(NO_OPTIONAL_COLUMNS);

  it('are those of the row schema: names, order, types, and which may be null', () => {
    const expected = names.map((name) => described(name, properties[name] as JsonType));
    const all = rowColumns({ plainText: true });
    assert.deepEqual(all.map(shownField), expected);
    assert.deepEqual(
      columns.map(({ name }) => name),
      required,
    );
  });

  it('have slots with the columns of a slot', () => {
    const slots = columns.find(({ name }) => name === 'revision_content_slots')?.type;
    assert.ok(typeof slots === 'object' && 'map' in slots);
    const { type } = slots.map.value;
    assert.ok(typeof type === 'object' && 'struct' in type);
    const slot = Object.entries($defs['slot']?.properties ?? {});
    assert.deepEqual(
      type.struct.map(shownField),
      slot.map(([name, value]) => described(name, value as JsonType)),
    );
  });
});
