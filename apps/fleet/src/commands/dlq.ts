import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { counted } from '@wikifleet/domain/counted';
import { parseConvertJob, parseDownloadJob } from '@wikifleet/domain/jobs';
import { splitNumber } from '@wikifleet/domain/keys';
import { runName } from '@wikifleet/domain/run';
import { readDeadLetters } from '@wikifleet/queue/dead-letters';
import type { DeadLetter } from '@wikifleet/queue/dead-letters';
import { connect } from '@wikifleet/worker/connect';
import { printJson, printLine } from '@wikifleet/worker/terminal';
import type { Command } from '../command.js';
import { chosenQueues } from '../runs/redrive-queues.js';
import type { ChosenQueue } from '../runs/redrive-queues.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'dlq [--queue downloads|converts] [--max N] [--json]'),
  about:
    'Lists what is in the dead-letter queues, with reasons, and changes nothing: messages are hidden from others while\n' +
    'they are listed, for 30 seconds at most. `redrive` puts them back.',
  flags: {
    queue: { type: 'string', value: 'Q', help: 'downloads or converts (default: both)' },
    max: { type: 'string', value: 'N', help: 'messages of a queue at most, up to 1000 (default: 100)' },
    json: { type: 'boolean', help: 'print JSON instead of words' },
  },
} as const;

const EXCERPT_CHARACTERS = 120;

/** A dead letter, with what its body says; the fields of `--json`. */
export interface ListedLetter {
  readonly messageId: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly sentAt: string | null;
  readonly receiveCount: number;
  /** Null where the body is no job. */
  readonly run: string | null;
  readonly file: string | null;
  readonly split: number | null;
  /** How a body begins that is no job; null where it is one. */
  readonly body: string | null;
}

export const dlq: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const max = wholeNumber('max', flags.max ?? '100', 1, 1000);
  const cloud = await connect(readSettings(process.env, CLOUD_VARIABLES), releases);
  const queues = [];
  for (const chosen of chosenQueues(cloud, flags.queue)) {
    const { letters, more } = await readDeadLetters(chosen.queue, { max });
    const listed = letters.map((letter) => listedLetter(chosen, letter));
    queues.push({ queue: chosen.name, letters: listed, more });
  }
  if (flags.json === true) printJson({ queues });
  else
    for (const { queue, letters, more } of queues) describeQueue(queue, letters, more, new Date()).forEach(printLine);
  return EXIT_CODES.done;
};

/** What a dead letter says, its body read as the job that it should be. */
export function listedLetter({ name }: Pick<ChosenQueue, 'name'>, letter: DeadLetter): ListedLetter {
  const { messageId, code, reason, receiveCount } = letter;
  const facts = { messageId, code, reason, sentAt: letter.sentAt?.toISOString() ?? null, receiveCount };
  try {
    if (name === 'downloads') {
      const { run, file } = parseDownloadJob(letter.body);
      return { ...facts, run: runName(run), file, split: null, body: null };
    }
    const { run, file, split } = parseConvertJob(letter.body);
    return { ...facts, run: runName(run), file, split: split.index, body: null };
  } catch {
    return { ...facts, run: null, file: null, split: null, body: letter.body.slice(0, EXCERPT_CHARACTERS) };
  }
}

/** What a dead-letter queue holds, in lines. */
export function describeQueue(queue: string, letters: readonly ListedLetter[], more: number, now: Date): string[] {
  if (letters.length + more === 0) return [`${queue}: no dead letters`];
  const lines = [`${queue}: ${counted(letters.length, 'dead letter')} listed`];
  for (const letter of letters) {
    const { run, file, split, body, code, reason, receiveCount, sentAt, messageId } = letter;
    const job = `${run} ${file}${split === null ? '' : ` split ${splitNumber(split)}`}`;
    const what = body === null ? job : `no job: ${JSON.stringify(body)}`;
    const age = sentAt === null ? 'of unknown age' : `${ageOf(Date.parse(sentAt), now)} old`;
    lines.push(
      `  ${what}`,
      `    ${code ?? 'NO_REASON'}: ${reason ?? 'SQS moved it by itself'}`,
      `    ${age}, received ${counted(receiveCount, 'time')} here, message ${messageId}`,
    );
  }
  if (more > 0) lines.push(`  about ${more} more: not asked for (--max), or somebody else holds them`);
  return lines;
}

/** `59 s`, `2 min`, `3 h`, `4 days` */
function ageOf(sentAt: number, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - sentAt) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
