/**
 * Meetings of programs that chance brings about rarely: a request is held between a decision and its effect until others
 * are at their end. What is not held happens in any order.
 */
import { classOfKey } from './key-classes.js';
import type { MemoryMessage } from './memory-sqs.js';
import { CONVERTS, DOWNLOADS } from './memory-sqs.js';
import { PLAN_KEY, RAW, ROWS, RUNS, digestOf } from './run-view.js';
import type { Actor, RequestFilter } from './scheduler.js';
import { forge, surplusKeys } from './tampering.js';
import type { World } from './world.js';

/** What a scenario has in its hands. */
export interface Stage {
  readonly world: World;
  /** Goes on until nothing is left but what is held, or until `isEnough`. */
  readonly run: (isEnough?: () => boolean) => Promise<void>;
  /** Which messages workers receive. */
  set receives(receives: (message: MemoryMessage) => boolean);
}

export type Scenario = (stage: Stage) => Promise<void>;

const ALL = (): boolean => true;
const NONE = (): boolean => false;

const RECORD = /^PutObject runs\/….*\/raw\//;
const FILE_MANIFEST = /^PutObject runs\/….*\/manifests\//;
const RUN_MANIFEST = /^PutObject runs\/….*\/manifest\.json/;
const FAILURE = /^PutObject runs\/….*\/failures\//;
const READ_RECORD = /^GetObject runs\/….*\/raw\//;
const LIST_RAW = /^ListObjectsV2 raw\//;
const DELETE_RAW = /^DeleteObjects raw\//;

function isJob(kind: 'download' | 'convert', pattern: RegExp): RequestFilter {
  return ({ name }, request) => name.startsWith(kind) && pattern.test(request);
}

function isOf(actors: ReadonlySet<Actor>): RequestFilter {
  return (actor) => actors.has(actor);
}

function damage({ s3, random, trace }: World, prefix: string, besides?: string): string | null {
  const all = s3.keys(prefix).filter((key) => key !== besides);
  if (all.length === 0) return null;
  const key = random.pick(all);
  const body = s3.objects.get(key)?.body ?? Buffer.alloc(0);
  trace.add(`somebody damages ${key}`);
  s3.set(key, body.subarray(0, body.length - 3));
  return key;
}

/** Two repairs download one file again; the second one is before its record while a third one deletes what no record names. */
async function sweepMeetsDownload(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { scheduler, sqs, random } = world;
  world.seed(false);
  await run();
  if (damage(world, RAW) === null) return;
  stage.receives = NONE;
  world.repair();
  world.repair();
  await run();
  const [first, second] = sqs.of(DOWNLOADS);
  stage.receives = (message) => message !== second;
  await run(() => first === undefined || !sqs.of(DOWNLOADS).includes(first));
  stage.receives = ALL;
  scheduler.isHeld = isJob('download', RECORD);
  await run();
  // the sweeper has verified, and stands before it reads the record again, or behind it
  const isBehind = random.chance(0.5);
  const sweeper = world.repair();
  let hasListed = false;
  scheduler.isHeld = (actor, name) => {
    if (actor !== sweeper) return isJob('download', RECORD)(actor, name);
    hasListed ||= LIST_RAW.test(name);
    return isBehind ? DELETE_RAW.test(name) : hasListed && READ_RECORD.test(name);
  };
  await run();
  scheduler.isHeld = isOf(new Set([sweeper]));
  await run();
}

/** A closer has read a receipt that somebody edited, in a file that was never closed, and writes after the repair's converter. */
async function repairMeetsFirstCloser(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { scheduler, s3 } = world;
  world.seed(false);
  const edited = (): string | undefined => s3.keys(RUNS).find((key) => key.includes('/receipts/'));
  await run(() => edited() !== undefined);
  const key = edited();
  if (key === undefined) return;
  const receipt = JSON.parse(s3.objects.get(key)?.body.toString() ?? '') as {
    digest: string;
    result: { counts: { rows: number } };
  };
  receipt.result.counts.rows += 1;
  receipt.digest = digestOf(receipt.result);
  world.trace.add(`somebody edits ${key}`);
  s3.set(key, JSON.stringify(receipt));
  scheduler.isHeld = isJob('convert', FILE_MANIFEST);
  await run();
  const closers = scheduler.waitingFor(scheduler.isHeld);
  world.repair();
  await run();
  scheduler.isHeld = (actor, name) => !closers.has(actor) && isJob('convert', FILE_MANIFEST)(actor, name);
  await run();
}

/** A closer of the run has read all manifests, and writes after a repair has revoked them. */
async function repairMeetsCloserOfRun(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { scheduler } = world;
  world.seed(false);
  scheduler.isHeld = isJob('convert', RUN_MANIFEST);
  await run();
  if (damage(world, ROWS) === null) return;
  scheduler.isHeld = isOf(scheduler.waitingFor(scheduler.isHeld));
  world.repair();
  stage.receives = ({ body }) => body.includes('"download"');
  await run();
  stage.receives = NONE;
  scheduler.isHeld = null;
  await run();
}

/** A downloader is between its two revocations while a convert job that is done is delivered once more, and closes again. */
async function closerBetweenRevocations(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { scheduler, sqs, random } = world;
  world.seed(false);
  await run(() => sqs.of(CONVERTS).length > 0);
  const job = sqs.of(CONVERTS)[0]?.body;
  await run();
  if (job === undefined || damage(world, ROWS) === null) return;
  scheduler.isHeld = isJob('download', random.pick([FILE_MANIFEST, RUN_MANIFEST]));
  world.repair();
  await run();
  sqs.send(CONVERTS, job);
  await run();
  scheduler.isHeld = null;
  stage.receives = NONE;
  await run();
}

/** Two repairs of one file, of one split each: what the first one found was put back before the second one looked. */
async function repairsOfTwoSplits(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { s3, random } = world;
  world.seed(false);
  await run();
  stage.receives = NONE;
  const before = new Map(s3.objects);
  const first = damage(world, ROWS);
  if (first === null) return;
  world.repair();
  await run();
  s3.set(first, before.get(first)?.body ?? '');
  if (damage(world, ROWS, first) === null) return;
  world.repair();
  await run();
  stage.receives = ({ body }) => body.includes('"download"');
  await run();
  const index = random.pick(['"index":0', '"index":1', '"index":2']);
  stage.receives = ({ body }) => body.includes(index);
  await run();
}

/** Somebody sends download jobs that contradict the plan. */
async function forgedDownloads(stage: Stage): Promise<void> {
  const { world, run } = stage;
  world.seed(false);
  stage.receives = NONE;
  await run();
  for (let i = 0; i < 3; i += 1) forge(world);
  stage.receives = ({ isForged }) => isForged;
  if (world.random.chance(0.5)) await run();
  stage.receives = ALL;
  await run();
}

/** A mark on a failure takes effect after the job that it stands for has failed again. */
async function lateMark(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { scheduler, random } = world;
  world.breakFirstFile();
  world.seed(false);
  await run();
  scheduler.isSentTwice = ({ name }, request) => /^(?:seed|repair)/.test(name) && FAILURE.test(request);
  scheduler.holdsLate = true;
  if (random.chance(0.5)) world.seed(false);
  else world.repair();
  await run();
}

/** A download is before its record while another plan takes the place of its own. */
async function planMeetsDownload(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { scheduler } = world;
  world.seed(false);
  scheduler.isHeld = isJob('download', RECORD);
  await run();
  scheduler.isHeld = isOf(scheduler.waitingFor(scheduler.isHeld));
  stage.receives = NONE;
  world.seed(true);
  await run();
  scheduler.isHeld = null;
  await run();
}

/** Somebody edits a record with its digest: by its size the file has other splits. */
async function editedRecord(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { s3, random, trace } = world;
  world.forgetSizes();
  world.seed(false);
  await run();
  const all = s3.keys(RUNS).filter((key) => classOfKey(key) === 'raw record');
  if (all.length === 0) return;
  const key = random.pick(all);
  const record = JSON.parse(s3.objects.get(key)?.body.toString() ?? '') as { digest: string; result: { size: number } };
  record.result.size = random.pick([5, record.result.size - 1, record.result.size + 9]);
  record.digest = digestOf(record.result);
  trace.add(`somebody edits ${key}`);
  s3.set(key, JSON.stringify(record));
  world.repair();
  await run();
}

/** Somebody puts objects under keys of splits that have nothing for them. */
async function surplusObjects(stage: Stage): Promise<void> {
  const { world, run } = stage;
  const { s3, random, trace } = world;
  world.seed(false);
  await run();
  if (!s3.objects.has(PLAN_KEY)) return;
  for (const key of surplusKeys(world)) {
    if (random.chance(0.5)) continue;
    trace.add(`somebody adds ${key}`);
    s3.set(key, 'added\n');
  }
  world.repair();
  await run();
}

export const SCENARIOS: readonly Scenario[] = [
  sweepMeetsDownload,
  repairMeetsFirstCloser,
  repairMeetsCloserOfRun,
  closerBetweenRevocations,
  repairsOfTwoSplits,
  forgedDownloads,
  lateMark,
  planMeetsDownload,
  surplusObjects,
  editedRecord,
];
