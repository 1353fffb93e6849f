import { asTyped } from '@wikifleet/config/as-typed';
import { KINDS } from '@wikifleet/domain/run';

/** The command line of `fleet estimate`. */
export const ESTIMATE_COMMAND_LINE = {
  usage: asTyped('fleet', 'estimate --wiki W --date D [--kind K] [--within TIME] [flags]'),
  about:
    'Simulates a run before anything is paid for: when it ends, what limits it, how many tasks it needs and what they cost.\n' +
    'Changes nothing, and asks only a mirror for the catalogue (and the bucket, where the environment names one, for the\n' +
    "last run's receipts). Times are as 90s, 10m or 1h30m; MB are 1,000,000 bytes. What no flag says is in\n" +
    'apps/fleet/data/assumptions.json, with its source.',
  flags: {
    wiki: { type: 'string', value: 'W', help: 'a wiki, several with commas, or all' },
    date: { type: 'string', value: 'D', help: 'YYYY-MM-DD, or latest' },
    kind: { type: 'string', value: 'K', help: `one of ${KINDS.join(', ')}\n(default: articles-multistream)` },
    within: { type: 'string', value: 'TIME', help: 'find the cheapest fleet whose run ends in time' },
    mirrors: { type: 'string', value: 'FILE', help: 'the mirror file (default: WIKIFLEET_MIRRORS, mirrors.json)' },
    files: {
      type: 'string',
      value: 'FILE',
      help: 'a JSON array of {file, path, size, checksum} instead of the catalogue: no network is needed',
    },
    tasks: { type: 'string', value: 'N', help: 'converters at most (default: 20; with --within: 1000)' },
    fixed: { type: 'boolean', help: 'run all converters from the beginning, without scaling' },
    threads: { type: 'string', value: 'N', help: 'of a converter, a vCPU and 2 GiB each (default: 4)' },
    downloaders: { type: 'string', value: 'N', help: 'downloader tasks (default: 1)' },
    slots: { type: 'string', value: 'N', help: 'downloads at once in each (default: 3; with --within also more)' },
    bandwidth: {
      type: 'string',
      value: 'LIST',
      help: 'MB/s of a connection: 5, or NAME=5,OTHER=2; NAME=5/12: all of its connections get 12 at most;\nNAME=0: dead',
    },
    'seconds-per-split': { type: 'string', value: 'N', help: 'of one converter and a split of 32 MiB' },
    'split-bytes': { type: 'string', value: 'N', help: 'compressed bytes of a split (default: 33554432)' },
    drain: {
      type: 'string',
      value: 'TIME',
      help: 'in which the scaling rule drains a backlog (default: 15m; with --within also less)',
    },
    'rule-seconds': {
      type: 'string',
      value: 'N',
      help: "seconds a split of the fleet's scaling rule (default: the mean of this run's splits)",
    },
    start: { type: 'string', value: 'TIME', help: 'from the launch of a task until it works (default: 60s)' },
    wake: { type: 'string', value: 'TIME', help: 'how late the first metric is (default: 0s; idle queues: up to 15m)' },
    open: { type: 'string', value: 'TIME', help: "until a file's first byte (default: 1s)" },
    close: { type: 'string', value: 'TIME', help: "from a file's last byte to its splits (default: 1s)" },
    fail: { type: 'string', value: 'TIME', help: 'until an attempt at a dead mirror fails (default: 15s)' },
    'split-overhead': { type: 'string', value: 'TIME', help: 'of a split, besides its bytes (default: 0.3s)' },
    spot: { type: 'boolean', help: 'converters on Spot: cheaper, and interrupted' },
    interruptions: { type: 'string', value: 'N', help: 'of one Spot task an hour (default: 0.05)' },
    seed: { type: 'string', value: 'N', help: 'of the random interruptions (default: 1)' },
    json: { type: 'boolean', help: 'print one JSON object instead of text' },
    svg: { type: 'string', value: 'FILE', help: 'draw bytes, backlog and tasks over time' },
  },
} as const;

export type EstimateFlags = {
  readonly [
    K in keyof typeof ESTIMATE_COMMAND_LINE.flags
  ]?: (typeof ESTIMATE_COMMAND_LINE.flags)[K]['type'] extends 'boolean' ? boolean : string;
};
