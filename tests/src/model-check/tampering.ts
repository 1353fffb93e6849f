import type { ChaosRandom } from '../faults/chaos-random.js';
import type { Invariants } from './invariants.js';
import { classOfKey } from './key-classes.js';
import {
  PLAN_KEY,
  QUARANTINE,
  RAW,
  ROWS,
  RUNS,
  currentPlan,
  digestOf,
  keys,
  readRecord,
  splitsOfSize,
} from './run-view.js';
import type { World } from './world.js';

/** Somebody with other tools deletes, damages, edits or adds an object of the run. */
export function tamper(world: World, invariants: Invariants): void {
  const { s3, random, trace } = world;
  const all = [RUNS, ROWS, QUARANTINE, RAW].flatMap((prefix) => s3.keys(prefix));
  if (all.length === 0) return;
  const dice = random.next();
  if (dice < 0.25) return add(world);
  // any class of objects is as likely as another
  const kind = random.pick([...new Set(all.map(classOfKey))]);
  if (kind === 'failure') return;
  if (kind === 'plan' && random.chance(0.5)) return;
  // without its record nothing says any more which build's bytes a file has
  if (kind === 'raw record' && world.builds.length > 1) return;
  const key = random.pick(all.filter((candidate) => classOfKey(candidate) === kind));
  const body = s3.objects.get(key)?.body ?? Buffer.alloc(0);
  trace.hit(`tampered: ${kind}`);
  invariants.isTampered = true;
  if (dice < 0.5) {
    trace.add(`somebody deletes ${key}`);
    s3.remove(key);
  } else if (dice < 0.75 || !key.endsWith('.json') || kind === 'plan') {
    trace.add(`somebody damages ${key}`);
    s3.set(key, body.subarray(0, Math.max(1, body.length - 3)));
  } else {
    const edited = editedJson(random, body);
    if (edited === null) return;
    trace.add(`somebody edits ${key}`);
    s3.set(key, edited);
  }
}

/** A count that is one too high: its digest is that of before, or that of the edited result. */
function editedJson(random: ChaosRandom, body: Buffer): string | null {
  try {
    const value = JSON.parse(body.toString()) as {
      digest?: string;
      result?: { counts?: { rows: number; pages: number }; size?: number };
    };
    const { result } = value;
    if (result === undefined) return null;
    // a receipt of other pages contradicts nothing before its file is closed: its digest stays that of before
    let isSealed = random.chance(0.6);
    if (result.counts !== undefined) {
      const name = random.pick(['rows', 'rows', 'pages'] as const);
      result.counts[name] += 1;
      isSealed &&= name === 'rows';
    } else if (result.size !== undefined) result.size += 1;
    else return null;
    if (isSealed) value.digest = digestOf(result);
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

function add(world: World): void {
  const { s3, random, trace } = world;
  const plan = currentPlan(s3);
  const file = plan?.files[0]?.file;
  if (plan === null || file === undefined) return;
  const id = random.pick([plan.planId, 'feedfacefeedface', ...plan.supersedes.slice(-1)]);
  const other = { ...plan, planId: id };
  const key = random.pick([
    `${ROWS}${file}/part-00000-of-00009-${id}.jsonl`,
    `${ROWS}${file}/part-00000-of-00001-${id}.jsonl.gz`,
    `${ROWS}notes.txt`,
    keys.receipt(other, file, 999),
    keys.quarantine(other, file, { index: 0, count: 7, start: 0, end: 0 }),
    keys.index(other, file, 999),
    keys.raw(other, file, 'deadbeef'),
    `${RUNS}${id}/notes.json`,
    ...surplusKeys(world),
  ]);
  if (key === PLAN_KEY || s3.objects.has(key)) return;
  trace.hit('tampered: added');
  trace.add(`somebody adds ${key}`);
  s3.set(key, 'added\n');
}

/** Keys of splits whose result has nothing for them. */
export function surplusKeys({ s3 }: World): string[] {
  const plan = currentPlan(s3);
  return (plan?.files ?? []).flatMap(({ file }) => {
    const record = plan === null ? null : readRecord(s3, keys.record(plan, file));
    if (plan === null || record === null) return [];
    return splitsOfSize(record.result.size, plan.settings.splitBytes).flatMap((split) => {
      const of = [
        keys.part(plan, file, split),
        keys.index(plan, file, split.index),
        keys.quarantine(plan, file, split),
      ];
      const hasReceipt = s3.objects.has(keys.receipt(plan, file, split.index));
      return hasReceipt ? of.filter((key) => !s3.objects.has(key)) : [];
    });
  });
}

/** A message that no program of the fleet sent: it names the plan and contradicts it. */
export function forge(world: World): void {
  const { s3, random, trace, sqs } = world;
  const plan = currentPlan(s3);
  if (plan === null) return;
  const bodies = ['https://sqs/converts', 'https://sqs/downloads'].flatMap((url) =>
    sqs.of(url).map(({ body }) => ({ url, body })),
  );
  const seen = bodies.filter(({ body }) => body.includes(plan.planId));
  if (seen.length === 0) return;
  const { url, body } = random.pick(seen);
  const job = JSON.parse(body) as Record<string, unknown> & {
    settings?: Record<string, unknown>;
    split?: object;
    object?: Record<string, unknown>;
  };
  const edits: (() => void)[] =
    job['type'] === 'convert'
      ? [
          () => (job.split = { index: 0, count: 1, start: 0, end: job.object?.['size'] }),
          () => (job.settings = { ...job.settings, namespaces: [0] }),
          () => (job.settings = { ...job.settings, extract: ['plain_text'] }),
          () => (job.object = { ...job.object, sha256: '0'.repeat(64) }),
          () => (job['file'] = 'other.xml.bz2'),
          () => (job['extra'] = true),
        ]
      : [
          () => (job['size'] = 77),
          () => (job['path'] = 'another/path'),
          () => {
            job['path'] = 'another/path';
            job['repair'] = { id: 'f'.repeat(16), splits: 'all', refetch: true };
          },
          () => (job['checksum'] = { algorithm: 'md5', value: '0'.repeat(32) }),
          () => (job['file'] = 'other.xml.bz2'),
          () => (job['extra'] = true),
        ];
  random.pick(edits)();
  const forged = JSON.stringify(job);
  if (sqs.of(url).some((message) => message.body === forged)) return;
  trace.hit('forged');
  trace.add(`somebody forges ${forged}`);
  sqs.send(url, forged, true);
}
