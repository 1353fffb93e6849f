import { resolve } from 'node:path';
import { compactDate } from '@wikifleet/domain/run';
import { makeFolder } from '@wikifleet/worker/make-folder';
import { clearUnfinished } from './clear-unfinished.js';
import { exportFolder, writeContentExport } from './content-export.js';
import { legacyFolder, writeLegacyRun, type PartOptions } from './legacy-run.js';
import type { SampleFile } from './sample-file.js';
import { checkOptions, type SampleParameters } from './sample-options.js';
import { beginStamp, endStamp } from './sample-stamp.js';
import { SAMPLE_TWO_WIKI, SAMPLE_WIKI } from './sample-wikis.js';

/** Of the XML, the legacy run's multistream files have this share, the content file export the rest. */
const LEGACY_SHARE = 0.8;

export interface SampleOptions extends SampleParameters {
  /** The folder; made if it is not there, and empty or the sample's own. */
  readonly out: string;
  /** Called after about every 100 pages. */
  readonly onProgress?: (progress: SampleProgress) => void;
}

export interface SampleProgress {
  /** Bytes of XML written. */
  readonly written: number;
  /** About how many it will be. */
  readonly total: number;
  readonly file: string;
}

export interface SampleSummary extends SampleParameters {
  /** True where the sample was there already. */
  readonly reused: boolean;
  readonly files: readonly SampleFile[];
}

/**
 * Writes the sample: a mirror's tree with a legacy run and a content file export, the same bytes for the same parameters on
 * every machine. What is there with the same parameters is left as it is; one that was not finished is written anew.
 *
 * Throws a `UsageError` for parameters out of range, and for a folder that holds something else.
 */
export async function writeSample(options: SampleOptions): Promise<SampleSummary> {
  const parameters = checkOptions(options);
  await makeFolder(resolve(options.out));
  const files = await beginStamp(options.out, parameters);
  if (files !== null) return { ...parameters, reused: true, files };

  const folders = [legacyFolder(parameters.date), exportFolder(parameters.date)];
  const { date } = parameters;
  await clearUnfinished(options.out, legacyFolder(date), `${SAMPLE_WIKI.dbname}-${compactDate(date)}`);
  await clearUnfinished(options.out, exportFolder(date), `${SAMPLE_TWO_WIKI.dbname}-${date}`);
  const total = parameters.megabytes * 1_000_000;
  let bytesWritten = 0;
  const part = (share: number): PartOptions => ({
    out: options.out,
    seed: parameters.seed,
    date: parameters.date,
    xmlBytes: total * share,
    onXml: (bytes, file) => {
      bytesWritten += bytes;
      options.onProgress?.({ written: bytesWritten, total, file });
    },
  });
  const legacy = await writeLegacyRun(part(LEGACY_SHARE));
  const exported = await writeContentExport(part(1 - LEGACY_SHARE));
  const written = [...legacy, ...exported];
  await endStamp(options.out, parameters, folders, written);
  return { ...parameters, reused: false, files: written };
}
