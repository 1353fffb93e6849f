import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { messageOf } from '@wikifleet/domain/errors';
import { MAX_MOVE_RATE, moveMessagesBack } from '@wikifleet/queue/move-messages';
import type { MoveProgress } from '@wikifleet/queue/move-messages';
import { connect } from '@wikifleet/worker/connect';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import type { Command } from '../command.js';
import { chosenQueues } from '../runs/redrive-queues.js';
import type { ChosenQueue } from '../runs/redrive-queues.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'redrive [--queue downloads|converts] [--rate N]'),
  about:
    'Puts what is in the dead-letter queues back where it came from, as new messages: what was given up is tried anew, and\n' +
    'what failed for good fails again unless its reason is gone (`dlq` lists the reasons). SQS moves them, also when this\n' +
    'command is ended early.',
  flags: {
    queue: { type: 'string', value: 'Q', help: 'downloads or converts (default: both)' },
    rate: { type: 'string', value: 'N', help: `messages a second, up to ${MAX_MOVE_RATE} (default: as SQS likes)` },
  },
} as const;

export const redrive: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const rate = flags.rate === undefined ? undefined : wholeNumber('rate', flags.rate, 1, MAX_MOVE_RATE);
  const cloud = await connect(readSettings(process.env, CLOUD_VARIABLES), releases);
  let failed = false;
  for (const chosen of chosenQueues(cloud, flags.queue)) {
    try {
      await redriveQueue(chosen, rate);
    } catch (error) {
      // the other queue has nothing to do with it
      failed = true;
      reportLine(`wikifleet: ${chosen.name}: ${messageOf(error)}`);
    }
  }
  return failed ? EXIT_CODES.failed : EXIT_CODES.done;
};

async function redriveQueue({ name, queue }: ChosenQueue, rate: number | undefined): Promise<void> {
  const { visible, inFlight, delayed } = await queue.deadLetterDepth();
  if (visible + inFlight + delayed === 0) return printLine(`${name}: nothing there to be moved`);
  let shown = '';
  const onProgress = ({ moved, toMove }: MoveProgress): void => {
    const line = `${name}: ${moved} of ${toMove === null ? 'an unknown number' : `about ${toMove}`} moved`;
    if (line !== shown) reportLine(line);
    shown = line;
  };
  const moved = await moveMessagesBack(queue, {
    ...(rate === undefined ? {} : { rate }),
    onProgress,
    onJoined: () => printLine(`${name}: somebody is moving them already; watching`),
  });
  printLine(`${name}: ${moved} moved back to ${queue.name}`);
  const left = await queue.deadLetterDepth();
  if (left.inFlight > 0)
    printLine(`${name}: about ${left.inFlight} stay, which somebody holds: redrive again in a minute`);
}
