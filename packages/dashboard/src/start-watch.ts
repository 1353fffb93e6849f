import type { Run } from '@wikifleet/domain/run';
import { serveDashboard } from './dashboard-server.js';
import type { View } from './dashboard-server.js';
import { FleetWatcher } from './fleet-watcher.js';
import type { WatchedCloud } from './fleet-watcher.js';
import { readPageFiles } from './page-files.js';
import { readQuarantine } from './read-quarantine.js';
import type { DepthSample, Snapshot } from './snapshot.js';

export interface WatchOptions {
  readonly cloud: WatchedCloud;
  /** Null: the newest run of each wiki and kind in the bucket. */
  readonly runs: readonly Run[] | null;
  /** 0: any free one. */
  readonly port: number;
  /** How often queues and runs are looked at, at most; default 3,000 ms. */
  readonly everyMs?: number;
}

export interface Watch {
  /** As in `http://127.0.0.1:4570/`. */
  readonly url: string;
  /** Ends the page's server and all looking; the cloud's clients stay open. May be called twice. */
  readonly close: () => Promise<void>;
}

/** What changed meanwhile goes to the pages so often. */
const SEND_EVERY_MS = 1000;

/** Serves the dashboard on loopback. Throws a `UsageError` PORT_IN_USE. */
export async function startWatch({ cloud, runs, port, everyMs }: WatchOptions): Promise<Watch> {
  const watcher = new FleetWatcher({ cloud, runs, ...(everyMs === undefined ? {} : { everyMs }) });
  const pages = new Set<() => void>();
  let snapshot: Snapshot | null = null;

  const open = (view: View, send: (event: string, data: unknown) => void): (() => void) => {
    const unwatch = watcher.watch();
    const sent = new Map<string, string>();
    const sendChanged = (event: string, data: unknown): void => {
      const text = JSON.stringify(data);
      if (sent.get(event) !== text) send(event, data);
      sent.set(event, text);
    };
    let last: DepthSample | undefined;
    send('history', { samples: watcher.samples });
    const tick = (): void => {
      snapshot ??= watcher.snapshot();
      const { runs: all, ...state } = snapshot;
      const depth = snapshot.depth ?? undefined;
      sendChanged('runs', all);
      send('state', { ...state, depth: depth === last ? null : depth });
      last = depth;
      const run = view.run ?? firstToShow(all);
      sendChanged('tiles', run === undefined ? null : watcher.tiles(run, view.show, view.page));
    };
    tick();
    pages.add(tick);
    return () => {
      pages.delete(tick);
      unwatch();
    };
  };
  const quarantine = async (key: string, signal: AbortSignal): Promise<unknown> => {
    if (!watcher.isQuarantined(key)) return null;
    // one to see that it is there, and one to read it
    await watcher.takeCall();
    await watcher.takeCall();
    return await readQuarantine(cloud.store, key, signal);
  };

  const server = await serveDashboard({ open, quarantine }, await readPageFiles(), port);
  const timer = setInterval(() => {
    snapshot = null;
    for (const tick of pages) tick();
  }, SEND_EVERY_MS);
  watcher.start();
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await server.close();
    await watcher.close();
  };
  return { url: server.url, close };
}

/** Whoever named no run sees one that goes on, and of those the one with most to do. */
function firstToShow(runs: Snapshot['runs']): string | undefined {
  const wanted = ['open', 'failed', 'done', 'unread', 'no plan'] as const;
  const state = wanted.find((one) => runs.some((run) => run.state === one));
  const left = ({ files, done }: Snapshot['runs'][number]): number => files - done;
  const those = runs.filter((run) => run.state === state);
  return those.reduce<(typeof those)[number] | undefined>(
    (a, b) => (a !== undefined && left(a) >= left(b) ? a : b),
    undefined,
  )?.run;
}
