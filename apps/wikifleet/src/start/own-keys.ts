import { lstat, readFile, readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { UsageError, codeOf } from '@wikifleet/domain/errors';
import { nameSchema } from '@wikifleet/domain/names';
import { KINDS, runName, runSchema } from '@wikifleet/domain/run';
import { z } from 'zod';
import { count, shownName } from '../figures.js';

/** Folders of --out in which the fleet writes objects. */
export const OBJECT_FOLDERS = ['raw', 'rows', 'quarantine', 'runs'] as const;

/** Of a plan of any version: enough to see that it is one, and what it is about. */
const planSchema = z.looseObject({
  planId: z.string().regex(/^(?:[0-9a-f]{8}){1,2}$/),
  run: runSchema,
  files: z.array(z.looseObject({ file: nameSchema })).min(1),
});

const KIND = `(?<kind>${KINDS.join('|')})`;
const WIKI = '(?<wiki>[A-Za-z0-9_][A-Za-z0-9._+-]{0,199})';
const DATE = String.raw`(?<date>\d{4}-\d{2}-\d{2})`;
const FILE = '(?<file>[A-Za-z0-9_][A-Za-z0-9._-]{0,199})';
const RUN = `${KIND}/${WIKI}/${DATE}`;
const PLAN_ID = '(?:[0-9a-f]{8}){1,2}';
const PART = String.raw`part-\d{5}-of-\d{5}-${PLAN_ID}\.(?:jsonl(?:\.gz|\.zst)?|parquet)$`;

/** What the jobs of a plan write, by key. */
const KEYS: readonly RegExp[] = [
  new RegExp(`^runs/${RUN}/plan\\.json$`),
  new RegExp(`^runs/${RUN}/${PLAN_ID}/(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*\\.(?:json|bin)$`),
  new RegExp(`^rows/kind=${KIND}/wiki_id=${WIKI}/snapshot=${DATE}/${FILE}/${PART}`),
  new RegExp(`^quarantine/${RUN}/${FILE}/${PART}`),
  new RegExp(`^raw/${RUN}/${FILE}(?<attempt>/${PLAN_ID}-[0-9a-f-]{36})?$`),
];
const PLAN_KEY = new RegExp(`^runs/${RUN}/plan\\.json$`);
/** Digits of a plan's id in earlier versions. */
const SHORT_ID = 8;
const MAX_NAMED = 10;

interface KnownPlan {
  readonly planId: string;
  readonly files: ReadonlySet<string>;
}

/** Which keys below an --out are the fleet's: those that the jobs of a plan write that is there. */
export class OwnKeys {
  /** By the run's name. */
  readonly #plans: ReadonlyMap<string, KnownPlan>;

  private constructor(plans: ReadonlyMap<string, KnownPlan>) {
    this.#plans = plans;
  }

  /** Reads the plans below `out`. What looks like a plan and is none owns nothing. */
  static async read(out: string): Promise<OwnKeys> {
    const plans = new Map<string, KnownPlan>();
    for await (const { key } of walk(out, 'runs')) {
      if (!PLAN_KEY.test(key)) continue;
      const plan = planSchema.safeParse(await readJson(join(out, key))).data;
      if (plan === undefined || key !== `runs/${runName(plan.run)}/plan.json`) continue;
      const files = new Set(plan.files.map(({ file }) => file));
      plans.set(runName(plan.run), { planId: plan.planId, files });
    }
    return new OwnKeys(plans);
  }

  has(key: string): boolean {
    for (const pattern of KEYS) {
      const { kind, wiki, date, file, attempt } = pattern.exec(key)?.groups ?? {};
      if (kind === undefined) continue;
      const plan = this.#plans.get(`${kind}/${wiki}/${date}`);
      if (plan === undefined || !key.startsWith('raw/')) return plan !== undefined;
      // any name fits the pattern; without an attempt it is as only plans with short ids wrote it
      return plan.files.has(file ?? '') && (attempt !== undefined || plan.planId.length === SHORT_ID);
    }
    return false;
  }

  /** Whether a key is that of a plan; it goes last, so that a deletion that was interrupted can go on. */
  isPlan(key: string): boolean {
    return PLAN_KEY.test(key);
  }
}

/**
 * Throws a `UsageError` that names files where objects go and that the fleet did not write: writing beside them could
 * replace them, and --fresh could delete them. Files whose name begins with a dot are passed over. Follows no link.
 */
export async function refuseForeignFiles(out: string, own: OwnKeys): Promise<void> {
  const foreign: string[] = [];
  let more = 0;
  for (const folder of OBJECT_FOLDERS) {
    for await (const { key, isFile } of walk(out, folder)) {
      if (isFile && own.has(key)) continue;
      if (foreign.length < MAX_NAMED)
        foreign.push(`${shownName(join(out, key))}${isFile ? '' : ' (a link, or no file)'}`);
      else more += 1;
    }
  }
  if (foreign.length === 0) return;
  const rest = more === 0 ? [] : [`and ${count(more)} more`];
  throw new UsageError(
    'FOREIGN_FILES',
    `--out ${out} holds files under ${OBJECT_FOLDERS.map((name) => `${name}/`).join(', ')} that belong to no run there:`,
    { moreLines: [...foreign, ...rest, 'Move them elsewhere, or give another --out. Nothing was changed.'] },
  );
}

interface WalkedFile {
  /** Relative to the folder, with `/`. */
  readonly key: string;
  /** False for links and everything else that is neither file nor folder. */
  readonly isFile: boolean;
}

async function* walk(out: string, key: string): AsyncGenerator<WalkedFile> {
  const path = join(out, key);
  const info = await lstat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null;
    throw error;
  });
  if (info === null) return;
  if (!info.isDirectory()) return yield { key, isFile: info.isFile() };
  for (const entry of await readdir(path, { withFileTypes: true })) yield* walkEntry(out, key, entry);
}

async function* walkEntry(out: string, folder: string, entry: Dirent): AsyncGenerator<WalkedFile> {
  const key = `${folder}/${entry.name}`;
  if (entry.isDirectory()) yield* walk(out, key);
  else if (!entry.isFile() || !entry.name.startsWith('.')) yield { key, isFile: entry.isFile() };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
