import { readFile } from 'node:fs/promises';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { parseMirrors } from '@wikifleet/config/mirrors';
import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { DEFAULT_SPLIT_BYTES } from '@wikifleet/domain/plan';
import { parseKind } from '@wikifleet/domain/run';
import type { Kind } from '@wikifleet/domain/run';
import { diagnose } from '@wikifleet/simulation/bottleneck';
import { requestsOfRun } from '@wikifleet/runs/run-requests';
import type { RequestedFile, RunRequests } from '@wikifleet/runs/run-requests';
import { CUSTOM_METRICS } from '@wikifleet/scaling/metrics';
import { costOf } from '@wikifleet/simulation/cost';
import { requestCosts } from '@wikifleet/simulation/request-cost';
import { splitCount } from '@wikifleet/simulation/run-model';
import type { SimulatedFile } from '@wikifleet/simulation/run-model';
import { simulate } from '@wikifleet/simulation/simulate';
import type { SimulatedRun } from '@wikifleet/simulation/simulated-run';
import { Store } from '@wikifleet/store/store';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import type { ExitCode } from '@wikifleet/worker/run-main';
import { writeOutput } from '@wikifleet/worker/output-file';
import { printJson, printLine, reportLine } from '@wikifleet/worker/terminal';
import { readAssumptions, readPrices } from '../estimate/assumptions.js';
import { fleetWithin } from '../estimate/deadline.js';
import { filesOfCatalogue, filesOfList } from '../estimate/file-list.js';
import { ESTIMATE_COMMAND_LINE } from '../estimate/command-line.js';
import { modelOf } from '../estimate/fleet-model.js';
import { pictureOf } from '../estimate/picture.js';
import { dataOf, reportOf } from '../estimate/report.js';
import { converterSpeed } from '../estimate/converter-speed.js';
import { numberOf, secondsOf } from '../estimate/parse-values.js';

/** `fleet estimate`: simulates a run before it is seeded. */
export async function estimate(argv: readonly string[], releases: ReleaseStack): Promise<ExitCode> {
  const { flags } = parseCommandLine(ESTIMATE_COMMAND_LINE, argv);
  const { wiki, date } = flags;
  if (wiki === undefined || date === undefined) {
    throw new UsageError('COMMAND_LINE_REFUSED', `expected --wiki and --date; usage: ${ESTIMATE_COMMAND_LINE.usage}`);
  }
  const kind = parseKind(flags.kind ?? 'articles-multistream');
  const settings = readSettings(process.env, ['WIKIFLEET_MIRRORS', 'WIKIFLEET_CONTACT', 'AWS_REGION']);
  const mirrorsFile = flags.mirrors ?? settings.WIKIFLEET_MIRRORS;
  const within = flags.within === undefined ? null : secondsOf('within', flags.within);
  const splitBytes = wholeNumber('split-bytes', flags['split-bytes'] ?? String(DEFAULT_SPLIT_BYTES), 1, 2 ** 40);
  const assumed = await readAssumptions();
  const threads = wholeNumber('threads', flags.threads ?? String(assumed.converterVcpu), 1, 256);
  const mirrors = await mirrorsOf(mirrorsFile, kind);
  const query = { kind, wiki, date, splitBytes, mirrorsFile, contact: settings.WIKIFLEET_CONTACT };
  const files = await (flags.files === undefined ? filesOfCatalogue(query, releases) : filesOfList(flags.files, query));
  files.remarks.forEach(reportLine);

  const given = flags['seconds-per-split'];
  const isGzip = kind.startsWith('stubs-');
  const speed =
    given === undefined
      ? await converterSpeed(openStore(releases), { kind, wiki, isGzip, threads }, assumed, reportLine)
      : {
          bytesPerSecond: DEFAULT_SPLIT_BYTES / numberOf('seconds-per-split', given, 0.001, 1e6),
          source: '--seconds-per-split',
        };
  const prices = await readPrices(settings.AWS_REGION, assumed.spotShare);
  const sizes = {
    downloader: { vcpu: assumed.downloaderVcpu, gigabytes: assumed.downloaderGigabytes },
    converter: { vcpu: threads, gigabytes: (threads * assumed.converterGigabytes) / assumed.converterVcpu },
  };
  const price = (run: SimulatedRun) => costOf(run, prices, sizes, flags.spot ?? false);
  const asked = modelOf({ flags, assumed, files: files.files, mirrors, bytesPerSecond: speed.bytesPerSecond });
  const { model, run } =
    within === null
      ? { model: asked, run: simulate(asked) }
      : fleetWithin(asked, within, (one) => price(one).dollars, {
          slots: flags.slots !== undefined,
          drain: flags.drain !== undefined,
        });
  const diagnosis = diagnose(model, run);
  const requests = requestCosts(
    { ...requestsOf(model.files), splits: run.splits, hours: run.endSeconds / 3600, metrics: CUSTOM_METRICS },
    prices,
  );
  const result = {
    files,
    speed,
    threads,
    priceSource: prices.source,
    model,
    run,
    diagnosis,
    cost: price(run),
    requests,
  };
  if (flags.svg !== undefined) {
    const inputs = [{ name: '--mirrors', path: mirrorsFile }];
    if (flags.files !== undefined) inputs.push({ name: '--files', path: flags.files });
    await writeOutput({ name: '--svg', path: flags.svg }, pictureOf(files.title, run), inputs);
  }
  if (flags.json === true) printJson(dataOf(result));
  else reportOf(result).forEach(printLine);
  return EXIT_CODES.done;
}

/** Requests of all runs: each wiki, which its files' names begin with, is one. */
function requestsOf(files: readonly SimulatedFile[]): RunRequests {
  const runs = new Map<string, RequestedFile[]>();
  for (const file of files) {
    const [wiki = ''] = file.name.split('-', 1);
    const own = runs.get(wiki) ?? [];
    runs.set(wiki, own);
    own.push({ bytes: file.bytes, splits: splitCount(file) });
  }
  const counts = [...runs.values()].map((own) => requestsOfRun(own));
  const sum = (of: (count: RunRequests) => number): number => counts.reduce((total, count) => total + of(count), 0);
  return { s3Writes: sum((c) => c.s3Writes), s3Reads: sum((c) => c.s3Reads), sqs: sum((c) => c.sqs) };
}

async function mirrorsOf(path: string, kind: Kind): Promise<readonly MirrorConfig[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const message = `the mirror file ${path} cannot be read: ${messageOf(error)}`;
    throw new UsageError('MIRRORS_UNREADABLE', message, { cause: error });
  }
  const layout = kind === 'content-current' || kind === 'content-history' ? 'content' : 'legacy';
  const holding = parseMirrors(text, path).mirrors.filter(({ holds }) => holds.includes(layout));
  if (holding.length > 0) return holding;
  throw new UsageError('NO_MIRROR', `${path} names no mirror that holds runs of ${kind} ("holds")`);
}

/** The bucket, where the environment names one. */
function openStore(releases: ReleaseStack): Store | null {
  if ((process.env['WIKIFLEET_BUCKET'] ?? '') === '') return null;
  const settings = readSettings(process.env, ['AWS_ENDPOINT_URL', 'AWS_REGION', 'WIKIFLEET_BUCKET']);
  const place = { region: settings.AWS_REGION, endpoint: settings.AWS_ENDPOINT_URL };
  return releases.defer(Store.connect({ bucket: settings.WIKIFLEET_BUCKET, ...place }), (store) => store.close());
}
