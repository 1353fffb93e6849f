import { SqsError } from './sqs-error.js';

/**
 * A request's JSON object, read by name. A missing required member and a member of the wrong type are the client's
 * errors; members that nobody asks for are passed over, as SQS does.
 */
export class Input {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(value: unknown, where = 'request') {
    if (!isObject(value))
      throw new SqsError('Serialization', `Expected a JSON object as ${where}, received ${kind(value)}`);
    this.#members = value;
  }

  static parse(text: string): Input {
    let value: unknown;
    try {
      value = text === '' ? {} : JSON.parse(text);
    } catch (cause) {
      throw new SqsError('Serialization', 'The request body is not JSON', cause);
    }
    return new Input(value);
  }

  optionalString(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw wrongType(name, 'a string', value);
    return value;
  }

  string(name: string): string {
    const value = this.optionalString(name);
    if (value === undefined || value === '') throw missing(name);
    return value;
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrongType(name, 'an integer', value);
    return value;
  }

  integer(name: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined) throw missing(name);
    return value;
  }

  strings(name: string): readonly string[] {
    const value = this.#get(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw wrongType(name, 'a list of strings', value);
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw wrongType(name, 'a list of strings', item);
      return item;
    });
  }

  /** A map of name to string: attributes, tags. */
  stringMap(name: string): ReadonlyMap<string, string> {
    const entries = this.#entries(name).map(([key, value]): [string, string] => {
      if (typeof value !== 'string') throw wrongType(`${name}.${key}`, 'a string', value);
      return [key, value];
    });
    return new Map(entries);
  }

  /** A map of name to object: message attributes. */
  inputMap(name: string): ReadonlyMap<string, Input> {
    return new Map(this.#entries(name).map(([key, value]) => [key, new Input(value, `${name}.${key}`)]));
  }

  inputs(name: string): readonly Input[] {
    const value = this.#get(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw wrongType(name, 'a list of objects', value);
    return value.map((item: unknown) => new Input(item, `an entry of ${name}`));
  }

  #entries(name: string): [string, unknown][] {
    const value = this.#get(name);
    if (value === undefined) return [];
    if (!isObject(value)) throw wrongType(name, 'an object', value);
    return Object.entries(value);
  }

  #get(name: string): unknown {
    // own members only: a queue attribute called `constructor` must not find Object's
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

function missing(name: string): SqsError {
  return new SqsError('MissingParameter', `The request must contain the parameter ${name}.`);
}

function wrongType(name: string, expected: string, received: unknown): SqsError {
  return new SqsError('Serialization', `Expected ${expected} as ${name}, received ${kind(received)}`);
}
