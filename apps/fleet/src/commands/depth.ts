import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { printJson, printLine } from '@wikifleet/worker/terminal';
import { clientConfig } from '../aws/aws-calls.js';
import { drawChart, timeAxis } from '../format/draw-chart.js';
import type { Command } from '../command.js';
import { endOf, readQueueMetrics, spanOf } from '../aws/queue-metrics.js';
import type { QueueSeries, Span } from '../aws/queue-metrics.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'depth [--hours H] [--json]'),
  about:
    'Draws how deep the queues were, as CloudWatch has it: visible and in flight by SQS, once a minute and some minutes\n' +
    'late; and what the fleet itself publishes. A column is the greatest sum of a minute in its time, a dot is none.',
  flags: {
    hours: { type: 'string', value: 'H', help: 'how far back, from 1 to 336 (default: 3)' },
    json: { type: 'boolean', help: 'print one JSON object instead' },
  },
} as const;

const WIDTH = 72;
const HEIGHT = 6;

export const depth: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const hours = wholeNumber('hours', flags.hours ?? '3', 1, 336);
  const settings = readSettings(process.env, [
    'AWS_ENDPOINT_URL',
    'AWS_REGION',
    'WIKIFLEET_DOWNLOAD_QUEUE_URL',
    'WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL',
    'WIKIFLEET_CONVERT_QUEUE_URL',
    'WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL',
  ]);
  const urls = [
    settings.WIKIFLEET_DOWNLOAD_QUEUE_URL,
    settings.WIKIFLEET_CONVERT_QUEUE_URL,
    settings.WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL,
    settings.WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL,
  ];
  const queues = urls.map((url) => url.slice(url.lastIndexOf('/') + 1));
  const client = releases.defer(new CloudWatchClient(clientConfig(settings)), (c) => c.destroy());
  const span = spanOf(hours, WIDTH, new Date());
  const found = await readQueueMetrics(client, queues, span);
  if (flags.json === true) printJson(asJson(found, span));
  else linesOf(found, span).forEach(printLine);
  return EXIT_CODES.done;
};

function asJson(found: readonly QueueSeries[], span: Span): unknown {
  const { from, periodSeconds } = span;
  return { from: from.toISOString(), to: endOf(span).toISOString(), periodSeconds, queues: found };
}

function linesOf(found: readonly QueueSeries[], span: Span): string[] {
  const axis = timeAxis(span.from, endOf(span), span.periods);
  const every = `a column is ${span.periodSeconds / 60} min`;
  return found.flatMap(({ queue, visible, inFlight, outstanding, backlog: columns }) => {
    const now = `visible ${last(visible)}, in flight ${last(inFlight)}, published by the fleet ${last(outstanding)}`;
    if (columns.every((value) => value === null)) return [`${queue}: CloudWatch has nothing of it in this time`, ''];
    if (columns.every((value) => value === null || value === 0)) return [`${queue}: empty all this time`, ''];
    return [`${queue}: ${now} (last values; ${every})`, ...drawChart(columns, HEIGHT), axis, ''];
  });
}

function last(values: readonly (number | null)[]): string {
  return String(values.findLast((value) => value !== null) ?? 'not known');
}
