import { counted } from '@wikifleet/domain/counted';
import { UsageError } from '@wikifleet/domain/errors';
import { mirrorsLimit } from './run-model.js';
import type { RunModel } from './run-model.js';

/** Throws one `UsageError` that names all that makes no sense in a model. */
export function checkModel({ files, mirrors, downloaders, converters }: RunModel): void {
  const problems: string[] = [];
  const number = (what: string, value: number, least: number, whole = false): void => {
    if (value >= least && value < 1e18 && (!whole || Number.isInteger(value))) return;
    problems.push(`${what}: expected ${whole ? 'a whole number' : 'a number'} from ${least} on, received ${value}`);
  };
  if (files.length === 0) problems.push('expected at least one file');
  for (const { name, bytes, splitBytes } of files) {
    number(`${name}: bytes`, bytes, 0);
    if (splitBytes !== null) number(`${name}: split bytes`, splitBytes, 1);
  }
  for (const mirror of mirrors) {
    number(`${mirror.name}: connections`, mirror.connections, 1, true);
    number(`${mirror.name}: bytes a second`, mirror.connectionBytesPerSecond, 0);
    number(`${mirror.name}: bytes a second, all connections`, mirror.totalBytesPerSecond ?? 1, 0);
    number(`${mirror.name}: seconds to open`, mirror.openSeconds, 0);
    if (mirror.connections < downloaders.tasks) {
      problems.push(
        `${mirror.name} allows ${counted(mirror.connections, 'connection')}: too few for ${counted(downloaders.tasks, 'downloader')}`,
      );
    }
  }
  number('downloaders', downloaders.tasks, 1, true);
  number('slots', downloaders.slots, 1, true);
  number('bytes a second of a downloader', downloaders.bytesPerSecond ?? 1, 1);
  for (const what of ['startSeconds', 'closeSeconds', 'failSeconds'] as const) number(what, downloaders[what], 0);
  number('converters', converters.most, 1, true);
  number('start of a converter', converters.startSeconds, 0);
  number('launches a minute', converters.launchesPerMinute, 1);
  number('bytes a second of a converter', converters.bytesPerSecond, 1);
  number('seconds of a split', converters.splitSeconds, 0);
  if (converters.scaling !== null) number('seconds of a period', converters.scaling.periodSeconds, 1);
  if (problems.length > 0)
    throw new UsageError('MODEL_REFUSED', `nothing to simulate: ${problems.slice(0, 10).join('; ')}`);
  const dead = mirrors.filter(({ connectionBytesPerSecond }) => connectionBytesPerSecond === 0).map(({ name }) => name);
  if (mirrorsLimit(mirrors) > 0) return;
  throw new UsageError(
    'NO_MIRROR',
    `no mirror gives anything: the run would never end (${dead.join(', ') || 'none is named'})`,
  );
}
