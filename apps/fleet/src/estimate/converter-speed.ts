import { readFile, readdir } from 'node:fs/promises';
import { messageOf } from '@wikifleet/domain/errors';
import type { Kind } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';
import { z } from 'zod';
import type { Assumptions } from './assumptions.js';

/** How fast one converter is, and who says so. */
export interface ConverterSpeed {
  /** Of compressed bytes. */
  readonly bytesPerSecond: number;
  readonly source: string;
}

const MIB = 1024 * 1024;
/** So many receipts say enough of a run. */
const MOST_RECEIPTS = 200;
const MOST_KEYS = 500_000;
/** What a plan reads of a receipt, whatever else is in it. */
const receiptSchema = z.object({
  result: z.object({ split: z.object({ start: z.number(), end: z.number() }) }),
  run: z.object({ seconds: z.number().nonnegative() }),
});
const RECEIPT = /^(runs\/[^/]+\/[^/]+\/([^/]+)\/[^/]+)\/receipts\//;

/** What the receipts of the newest run of a kind say, of this wiki or of any; null where there are none. */
export async function speedOfReceipts(store: Store, kind: Kind, wiki: string): Promise<ConverterSpeed | null> {
  for (const prefix of [`runs/${kind}/${wiki}/`, `runs/${kind}/`]) {
    const runs = new Map<string, { date: string; keys: string[] }>();
    let seen = 0;
    for await (const { key } of store.list(prefix)) {
      if ((seen += 1) > MOST_KEYS) break;
      const [, run = '', date = ''] = RECEIPT.exec(key) ?? [];
      if (run === '') continue;
      const known = runs.get(run) ?? { date, keys: [] };
      runs.set(run, known);
      known.keys.push(key);
    }
    const [newest] = [...runs].toSorted(([, a], [, b]) => (a.date < b.date ? 1 : -1));
    if (newest === undefined) continue;
    const [name, { keys }] = newest;
    const every = Math.ceil(keys.length / MOST_RECEIPTS);
    let [bytes, seconds, receipts] = [0, 0, 0];
    for (const key of keys.filter((_key, at) => at % every === 0)) {
      const receipt = await store.getJson(key, receiptSchema);
      if (receipt === null) continue;
      const { result, run } = receipt.value;
      bytes += result.split.end - result.split.start;
      seconds += run.seconds;
      receipts += 1;
    }
    if (seconds > 0 && bytes > 0) {
      return { bytesPerSecond: bytes / seconds, source: `${receipts} receipts of ${name}` };
    }
  }
  return null;
}

const legSchema = z.object({ name: z.string(), measures: z.array(z.object({ wall: z.number().positive() })).min(1) });
const suiteSchema = z.object({
  date: z.string(),
  input: z.object({ bytes: z.number().positive() }),
  legs: z.array(legSchema),
});
const LEG = /^convert-(fast|reference)-gzip-(\d+)$/;
const RESULTS = new URL('../../../../bench/results/', import.meta.url);

/**
 * What the bench measured: the conversion of bzip2 with as many threads as were measured, up to `threads`; more are taken
 * as no faster. Null where there are no results.
 */
export async function speedOfBench(threads: number, folder: URL = RESULTS): Promise<ConverterSpeed | null> {
  const found: { engine: string; threads: number; date: string; bytesPerSecond: number; source: string }[] = [];
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^node-\d+\.jsonl$/.test(name));
  for (const name of names.toSorted()) {
    for (const line of (await readFile(new URL(name, folder), 'utf8')).split('\n')) {
      const suite = line === '' ? null : suiteSchema.safeParse(JSON.parse(line));
      if (suite?.success !== true) continue;
      const { input, legs, date } = suite.data;
      for (const leg of legs) {
        const [, engine = '', count = ''] = LEG.exec(leg.name) ?? [];
        if (engine === '' || Number(count) > threads) continue;
        const walls = leg.measures.map(({ wall }) => wall).toSorted((a, b) => a - b);
        const source = `bench/results/${name} of ${date}: ${engine}, gzip rows, ${count === '1' ? '1 thread' : `${count} threads`}`;
        const bytesPerSecond = input.bytes / walls[Math.floor(walls.length / 2)]!;
        found.push({ engine, threads: Number(count), date, bytesPerSecond, source });
      }
    }
  }
  const [best] = found.toSorted(
    (a, b) =>
      Number(b.engine === 'fast') - Number(a.engine === 'fast') ||
      b.threads - a.threads ||
      b.bytesPerSecond - a.bytesPerSecond,
  );
  return best === undefined ? null : { bytesPerSecond: best.bytesPerSecond, source: best.source };
}

/** What is assumed where nothing was measured; of stubs, which are gzip, always. */
export function assumedSpeed(isGzip: boolean, assumed: Assumptions): ConverterSpeed {
  if (isGzip) {
    return { bytesPerSecond: assumed.gzipMegabytesPerSecond * 1e6, source: 'assumed for gzip (assumptions.json)' };
  }
  const seconds = assumed.bzip2SecondsPerSplit;
  return {
    bytesPerSecond: (32 * MIB) / seconds,
    source: `assumed: ${seconds} s a split of 32 MiB (assumptions.json)`,
  };
}

/** The first that says something: receipts where a store is at hand, the bench, the assumption. */
export async function converterSpeed(
  store: Store | null,
  query: { readonly kind: Kind; readonly wiki: string; readonly isGzip: boolean; readonly threads: number },
  assumed: Assumptions,
  remark: (line: string) => void,
): Promise<ConverterSpeed> {
  if (store !== null) {
    try {
      const speed = await speedOfReceipts(store, query.kind, query.wiki);
      if (speed !== null) return speed;
      remark(`no receipts of ${query.kind} in the bucket yet`);
    } catch (error) {
      remark(`no receipts were read: ${messageOf(error)}`);
    }
  }
  const bench = query.isGzip ? null : await speedOfBench(query.threads);
  return bench ?? assumedSpeed(query.isGzip, assumed);
}
