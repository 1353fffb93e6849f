import { setTimeout as sleep } from 'node:timers/promises';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { FleetWatcher } from '@wikifleet/dashboard/fleet-watcher';
import type { Snapshot } from '@wikifleet/dashboard/snapshot';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { printable } from '@wikifleet/domain/printable';
import { connect } from '@wikifleet/worker/connect';
import { stopRequested } from '@wikifleet/worker/stop-requested';
import { printJson, printLine } from '@wikifleet/worker/terminal';
import type { Command } from '../command.js';
import { namedRun } from '../runs/named-run.js';
import { screenLines, plainLine } from '../format/status-watch-lines.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'status --watch [--wiki W --date D [--kind K]] [--json]'),
  about:
    'Shows queues, files and runs again and again: with bars in a terminal, a line whenever something has changed elsewhere.\n' +
    'Ends with Ctrl-C, and of one run also when that is done (0) or only failures are left (1).',
  flags: {
    watch: { type: 'boolean', help: 'go on' },
    wiki: { type: 'string', value: 'W', help: 'one run: its wiki (default: the newest run of each wiki and kind)' },
    date: { type: 'string', value: 'D', help: 'one run: its date, YYYY-MM-DD' },
    kind: { type: 'string', value: 'K', help: 'one run: its kind (default: articles-multistream)' },
    json: { type: 'boolean', help: 'print a JSON object a line instead' },
  },
} as const;

const SCREEN_EVERY_MS = 1000;
const LINE_EVERY_MS = 3000;

export const watchStatus: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const run = namedRun(flags.wiki, flags.date, flags.kind);
  const stop = new AbortController();
  releases.defer(
    stopRequested(() => stop.abort()),
    (request) => request.dispose(),
  );
  const { stdout } = process;
  // whoever read along has gone
  let unread = false;
  const broken = (): void => {
    unread = true;
    stop.abort();
  };
  stdout.on('error', broken);
  const cloud = await connect(readSettings(process.env, CLOUD_VARIABLES), releases);
  const watcher = new FleetWatcher({ cloud, runs: run === null ? null : [run] });
  releases.defer(watcher, async (one) => await one.close());
  releases.defer(watcher.watch(), (unwatch) => unwatch());
  watcher.start();

  const onScreen = stdout.isTTY && flags.json !== true;
  let height = 0;
  let last = '';
  for (;;) {
    const snapshot = watcher.snapshot();
    const end = run === null ? null : endOf(snapshot);
    if (onScreen) {
      const lines = screenLines(snapshot, stdout.columns, stdout.rows);
      // over the frame before, line by line, so that nothing flickers
      const up = height === 0 ? '' : `\u001B[${height}A`;
      stdout.write(`${up}${lines.map((line) => `\u001B[2K${printable(line)}\n`).join('')}\u001B[J`);
      height = lines.length;
    } else if (snapshot.depth !== null) {
      const { at: _at, calls: _calls, depth, ...facts } = snapshot;
      const news = flags.json === true ? JSON.stringify([facts, depth.queues]) : plainLine(snapshot);
      if (news !== last) {
        if (flags.json === true) printJson(snapshot);
        else printLine(`${clock(snapshot.at)} ${plainLine(snapshot)}`);
      }
      last = news;
    }
    if (end !== null) return end;
    await sleep(onScreen ? SCREEN_EVERY_MS : LINE_EVERY_MS, undefined, { signal: stop.signal }).catch(() => {});
    if (stop.signal.aborted) return unread ? EXIT_CODES.readerGone : EXIT_CODES.stopped;
  }
};

/** Of one run; null while something may still happen to it. */
function endOf({ runs: [run], depth }: Snapshot): ExitCode | null {
  if (run?.state === 'done') return EXIT_CODES.done;
  const left = depth?.queues.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0);
  return run?.state === 'failed' && left === 0 ? EXIT_CODES.failed : null;
}

/** `2026-10-01T14:05:09Z` */
function clock(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
