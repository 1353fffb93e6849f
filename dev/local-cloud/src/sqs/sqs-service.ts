import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import { BodyTooLargeError, readBody } from '../http.js';
import { DirectoryLock } from './directory-lock.js';
import { Input } from './input.js';
import { MoveTasks } from './move-tasks.js';
import type { Operation, OperationContext, Output } from './operation.js';
import { OPERATIONS } from './operations.js';
import { PurgeTimes } from './purge-times.js';
import type { Queue } from './queue.js';
import { QueueStore } from './queue-store.js';
import { Receiver } from './receiver.js';
import { SqsError } from './sqs-error.js';

/** A batch is 1 MiB of UTF-8, and JSON may write a byte of it as six. */
const MAX_BODY_BYTES = 8 * 1_048_576;
const CONTENT_TYPE = 'application/x-amz-json-1.0';
const TARGET = /^AmazonSQS\.([A-Za-z]+)$/;

export interface SqsServiceOptions {
  /** Where the queues are kept; made when absent, and locked while the service is open. */
  readonly directory: string;
  /** Origin for queue URLs, as in `http://127.0.0.1:4566`; asked for with every request, for a port known only later. */
  readonly endpoint: () => string;
  /** Default `000000000000`. */
  readonly accountId?: string;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Told of errors that are answered as an internal failure: `what` could not be done. */
  readonly onFault?: (what: string, error: unknown) => void;
}

/**
 * Standard queues over the AWS JSON 1.0 protocol, on loopback: signatures are not checked. All state is in memory and in a
 * journal, and every answer waits for the journal: see `Journal` for what survives what.
 *
 * A received message whose answer does not reach the client is visible again at once and the receive is not counted, where this can
 * be known: the connection was closed before the answer was with the operating system, or was reset after it.
 */
export class SqsService {
  readonly #options: Required<SqsServiceOptions>;
  readonly #lock: DirectoryLock;
  readonly #store: QueueStore;
  readonly #receiver: Receiver;
  readonly #moveTasks: MoveTasks;
  readonly #purges = new PurgeTimes();
  /** What to undo when a connection is reset before its next request. */
  readonly #undoOnReset = new WeakMap<Socket, () => void>();
  readonly #watched = new WeakSet<Socket>();
  #closing: Promise<void> | undefined;

  private constructor(options: Required<SqsServiceOptions>, lock: DirectoryLock, store: QueueStore) {
    this.#options = options;
    this.#lock = lock;
    this.#store = store;
    this.#receiver = new Receiver(store);
    this.#moveTasks = new MoveTasks(store, this.#receiver);
  }

  /**
   * @throws UsageError DIRECTORY_IN_USE when another process has the directory open.
   * @throws FleetError JOURNAL_CORRUPT when the journal there is damaged anywhere but at its end.
   */
  static async open(options: SqsServiceOptions): Promise<SqsService> {
    const settings = { accountId: '000000000000', region: 'us-east-1', onFault: () => {}, ...options };
    await mkdir(settings.directory, { recursive: true });
    const lock = await DirectoryLock.take(settings.directory);
    try {
      const prefix = `arn:aws:sqs:${settings.region}:${settings.accountId}:`;
      return new SqsService(settings, lock, await QueueStore.open(settings.directory, prefix));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Ends open long polls, empty-handed, at once; requests still run to their end. */
  endPolls(): void {
    this.#receiver.close();
  }

  /** Ends polls and move tasks, writes the journal and gives the directory free. May be called twice. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.endPolls();
    try {
      await this.#moveTasks.close();
      await this.#store.close();
    } finally {
      await this.#lock.release();
    }
  }

  /** Answers one request, with an error in SQS's form where need be. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    this.#watch(socket);
    const gone = new AbortController();
    let undo: (() => void) | undefined;
    const undeliver = (): void => {
      try {
        undo?.();
      } catch (error) {
        // it cannot be written now: the message comes again after its visibility timeout
        if (codeOf(error) !== 'JOURNAL_FAILED') throw error;
      }
      undo = undefined;
    };
    response.once('close', () => {
      if (response.writableFinished) return;
      gone.abort();
      undeliver();
    });
    let answer: Answer;
    try {
      await this.#store.recover();
      const output = await this.#perform(request, gone.signal, (restore) => {
        undo = restore;
      });
      await this.#store.settled();
      answer = { status: 200, body: JSON.stringify(output) };
    } catch (error) {
      const known = toSqsError(error);
      if (known.shape.endsWith('InternalFailure')) this.#options.onFault('SQS could not keep its messages', error);
      answer = errorAnswer(known);
      undeliver();
    }
    // a closed connection may have been reported along with what woke us: let those events through first
    if (undo !== undefined) await nextTurn();
    if (gone.signal.aborted || response.destroyed) return undeliver();
    if (undo !== undefined) this.#undoOnReset.set(socket, undeliver);
    send(response, answer);
  }

  async #perform(
    request: IncomingMessage,
    signal: AbortSignal,
    onUndelivered: (undo: () => void) => void,
  ): Promise<Output> {
    const body = await readBody(request, MAX_BODY_BYTES);
    const target = String(request.headers['x-amz-target'] ?? '');
    const name = TARGET.exec(target)?.[1];
    const operation: Operation | undefined = name === undefined ? undefined : OPERATIONS.get(name);
    if (operation === undefined)
      throw new SqsError(
        'UnknownOperation',
        `Expected X-Amz-Target AmazonSQS.<operation>, received ${target.slice(0, 100)}`,
      );
    return operation(this.#context(signal, onUndelivered), Input.parse(body.toString()));
  }

  #context(signal: AbortSignal, onUndelivered: (undo: () => void) => void): OperationContext {
    return {
      store: this.#store,
      receiver: this.#receiver,
      moveTasks: this.#moveTasks,
      purges: this.#purges,
      accountId: this.#options.accountId,
      signal,
      queue: (input) => this.#queue(input.string('QueueUrl')),
      urlOf: (name) => `${this.#options.endpoint()}/${this.#options.accountId}/${name}`,
      onUndelivered,
    };
  }

  /** By the URL's path alone: a service has many names for its host. */
  #queue(url: string): Queue {
    const path = URL.canParse(url) ? new URL(url).pathname : '';
    const [, account, name, rest] = path.split('/');
    if (account !== this.#options.accountId || !name || rest !== undefined)
      throw new SqsError('InvalidAddress', `The address ${url.slice(0, 200)} is not valid for this endpoint.`);
    const queue = this.#store.queues.get(name);
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    queue.advance(Date.now());
    return queue;
  }

  /**
   * A client that closes with our answer unread resets the connection; one that read it and goes away ends it in order. So a reset
   * before the next request says that the answer was lost.
   */
  #watch(socket: Socket): void {
    this.#undoOnReset.delete(socket);
    if (this.#watched.has(socket)) return;
    this.#watched.add(socket);
    socket.once('close', (hadError) => {
      if (hadError) this.#undoOnReset.get(socket)?.();
    });
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly queryError?: string;
}

function errorAnswer(thrown: unknown): Answer {
  const error = toSqsError(thrown);
  return {
    status: error.status,
    body: JSON.stringify({ __type: error.shape, message: error.message }),
    queryError: `${error.queryCode};${error.senderFault ? 'Sender' : 'Receiver'}`,
  };
}

function toSqsError(thrown: unknown): SqsError {
  if (thrown instanceof SqsError) return thrown;
  if (thrown instanceof BodyTooLargeError) return new SqsError('RequestEntityTooLarge', thrown.message, thrown);
  return new SqsError('InternalFailure', messageOf(thrown), thrown);
}

function send(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': CONTENT_TYPE,
    'Content-Length': body.length,
    'x-amzn-RequestId': randomUUID(),
    ...(answer.queryError === undefined ? {} : { 'x-amzn-query-error': answer.queryError }),
  });
  response.end(body);
}
