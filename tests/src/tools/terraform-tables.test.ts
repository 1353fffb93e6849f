import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CLOUD_VARIABLES, WORKER_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { parseMirrors } from '@wikifleet/config/mirrors';
import { converterSteps } from '@wikifleet/scaling/converter-steps';
import { METRIC_NAMESPACE, SERVICE_DIMENSION, WORKER_METRICS } from '@wikifleet/scaling/metrics';
import { OUTSTANDING_METRIC, QUEUE_DIMENSION } from '@wikifleet/queue/publish-outstanding';
import { VISIBILITY_SECONDS } from '@wikifleet/queue/lease';
import { ROOT } from '../end-to-end/programs.js';

const textOf = async (path: string): Promise<string> => await readFile(join(ROOT, 'terraform', path), 'utf8');

async function sourceOf(program: string): Promise<string> {
  const folder = join(ROOT, 'apps', program, 'src');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return (await Promise.all(names.map(async (name) => await readFile(join(folder, name), 'utf8')))).join('\n');
}

interface Rule {
  readonly maximum: number;
  readonly secondsPerSplit: number;
  readonly drainSeconds: number;
  /** Pairs of from and capacity. */
  readonly steps: readonly (readonly [number, number])[];
}

interface HiveTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly partition_keys: readonly { readonly name: string; readonly type: string }[];
  readonly partition_path: string;
  readonly serde: string;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Property {
  readonly type?: string | readonly string[];
  readonly items?: { readonly properties?: Readonly<Record<string, Property>> };
}

interface RowSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Property>>;
  readonly $defs: { readonly slot: { readonly required: readonly string[] } };
}

/** Tables that Terraform's own tests hold the plan against, held here against what programs do. */
describe('what Terraform and the programs both say', () => {
  it('the steps of the converters (terraform/tests/converter-steps.json)', async () => {
    const rules = JSON.parse(await textOf('tests/converter-steps.json')) as Rule[];
    assert.ok(rules.length >= 10);
    for (const { maximum, secondsPerSplit, drainSeconds, steps } of rules) {
      const made = converterSteps({ max: maximum, secondsPerSplit, drainSeconds });
      assert.deepEqual(
        made.map(({ from, capacity }) => [from, capacity]),
        steps,
        `maximum ${maximum}, ${secondsPerSplit} s a split, drained in ${drainSeconds} s`,
      );
    }
  });

  const MIRROR_VARIABLES = ['WIKIFLEET_MIRRORS', 'WIKIFLEET_CONTACT'] as const;
  const reads = {
    seed: [...CLOUD_VARIABLES, ...MIRROR_VARIABLES, 'WIKIFLEET_PUBLISH_DEPTH'],
    downloader: [
      ...WORKER_VARIABLES,
      ...MIRROR_VARIABLES,
      'WIKIFLEET_DOWNLOAD_SLOTS',
      'WIKIFLEET_DOWNLOADERS',
      'WIKIFLEET_PUBLISH_DEPTH',
    ],
    converter: [
      ...WORKER_VARIABLES,
      'WIKIFLEET_GRACE_SECONDS',
      'WIKIFLEET_WORKERS',
      'WIKIFLEET_RAW_OBJECTS',
      'WIKIFLEET_PUBLISH_DEPTH',
    ],
  } as const;
  for (const [program, names] of Object.entries(reads)) {
    it(`the environment of the ${program} (terraform/tests/environment.json)`, async () => {
      const all = JSON.parse(await textOf('tests/environment.json')) as Record<string, Record<string, string>>;
      const environment = all[program] ?? {};
      const settings: Readonly<Record<string, unknown>> = readSettings(environment, names);
      const unread = Object.keys(environment).filter((name) => !(names as readonly string[]).includes(name));
      assert.deepEqual(unread, [], 'set, and read by nobody');
      const source = await sourceOf(program);
      const shared: ReadonlySet<string> = new Set(WORKER_VARIABLES);
      for (const name of Object.keys(environment).filter((n) => !shared.has(n))) {
        assert.ok(source.includes(`'${name}'`), `apps/${program} does not read ${name}`);
      }
      for (const name of Object.keys(environment)) assert.notEqual(settings[name], undefined, name);
    });
  }

  it("the table of the rows: the row's columns, and the path of its keys (terraform/modules/query/table.json)", async () => {
    const table = JSON.parse(await textOf('modules/query/table.json')) as HiveTable;
    const schema = JSON.parse(await readFile(join(ROOT, 'schema/row.schema.json'), 'utf8')) as RowSchema;
    const partitions = table.partition_keys.map(({ name }) => name);
    assert.deepEqual(
      table.columns.map(({ name }) => name),
      Object.keys(schema.properties).filter((name) => !partitions.includes(name)),
    );
    const types: Record<string, string> = { string: 'string', integer: 'bigint', boolean: 'boolean' };
    for (const { name, type } of table.columns) {
      const property = schema.properties[name];
      const [said = ''] = [property?.type ?? ''].flat();
      if (said === 'array') {
        const fields = Object.entries(property?.items?.properties ?? {}).map(([field, item]) => {
          return `${field}:${types[[item.type ?? ''].flat()[0] ?? '']}`;
        });
        assert.equal(type, `array<struct<${fields.join(',')}>>`, name);
      } else if (name !== 'revision_content_slots') assert.equal(type, types[said], name);
    }
    const slot = /^map<string,struct<(.*)>>$/.exec(
      table.columns.find(({ name }) => name === 'revision_content_slots')?.type ?? '',
    );
    assert.deepEqual(
      slot?.[1]?.split(',').map((field) => field.split(':')[0]),
      schema.$defs.slot.required,
    );
    const values: Record<string, string> = { kind: 'content-current', wiki_id: 'aawiki', snapshot: '2026-10-01' };
    const path = table.partition_path.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
    assert.equal(`rows/${path}`, 'rows/kind=content-current/wiki_id=aawiki/snapshot=2026-10-01/');
    assert.deepEqual(table.parameters['projection.kind.values']?.split(',').includes('content-current'), true);
    // Athena's statement says the same
    const sql = await readFile(join(ROOT, 'schema/row.athena.sql'), 'utf8');
    for (const { name, type } of table.columns) assert.ok(sql.includes(`\n  ${name} ${type}`), name);
    for (const [name, value] of Object.entries(table.parameters))
      assert.ok(sql.includes(`'${name}' = '${value}'`), name);
    assert.ok(sql.includes(`/rows/${table.partition_path}'`) && sql.includes(`SERDE '${table.serde}'`));
  });

  it("the mirrors' connections (terraform/variables.tf)", async () => {
    const { mirrors } = parseMirrors(await readFile(join(ROOT, 'mirrors.json'), 'utf8'), 'mirrors.json');
    const block =
      /variable "mirror_connections" \{.*?default = \{(.*?)\n {2}\}/s.exec(await textOf('variables.tf'))?.[1] ?? '';
    const said = [...block.matchAll(/^\s*"?([\w.]+)"?\s*=\s*(\d+)$/gm)].map(([, name, number]) => [
      name,
      Number(number),
    ]);
    assert.deepEqual(
      Object.fromEntries(said),
      Object.fromEntries(mirrors.map(({ name, connections }) => [name, connections])),
    );
  });

  it('where metrics are, and how long a message is hidden (terraform/main.tf)', async () => {
    const main = await textOf('main.tf');
    const metrics = `{ namespace = "${METRIC_NAMESPACE}", queue_dimension = "${QUEUE_DIMENSION}", service_dimension = "${SERVICE_DIMENSION}" }`;
    assert.ok(main.includes(`metrics = ${metrics}`), `expected metrics = ${metrics}`);
    assert.ok(
      new RegExp(`visibility_seconds += ${VISIBILITY_SECONDS}\\n`).test(main),
      `expected ${VISIBILITY_SECONDS} seconds`,
    );
    assert.ok((await textOf('modules/service/main.tf')).includes(`name = "${OUTSTANDING_METRIC}"`));
  });

  it('what the dashboard draws is published (terraform/modules/observability)', async () => {
    const widgets = await textOf('modules/observability/widgets.tf');
    const block = /rates = \{(.*?)\n {2}\}/s.exec(widgets)?.[1] ?? '';
    const drawn = [...block.matchAll(/(\w+) = \[/g)].map(([, name = '']) => name);
    assert.ok(drawn.length >= 5);
    assert.deepEqual(
      drawn.filter((name) => !(name in WORKER_METRICS)),
      [],
    );
    const progress = [...(await textOf('main.tf')).matchAll(/progress += "(\w+)"/g)].map(([, name = '']) => name);
    assert.ok(progress.length === 2 && progress.every((name) => name in WORKER_METRICS), progress.join(', '));
  });
});
