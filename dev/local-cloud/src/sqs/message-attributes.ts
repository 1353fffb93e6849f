import { createHash } from 'node:crypto';
import type { Input } from './input.js';
import { SqsError, invalidValue } from './sqs-error.js';

/** One attribute as the JSON protocol carries it; binary values are base64. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const MAX_ATTRIBUTES = 10;
const NAME = /^[A-Za-z0-9_.-]{1,256}$/;
const TYPE = /^(String|Number|Binary)(\..*)?$/s;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What SQS takes in bodies and string values: the characters of XML 1.0. With `u`, half a surrogate pair is a match too. */
// oxlint-disable-next-line no-control-regex -- these are the three control characters that are allowed
const FORBIDDEN = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export function hasForbiddenCharacter(text: string): boolean {
  return FORBIDDEN.test(text);
}

export const FORBIDDEN_CHARACTER_MESSAGE =
  'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF';

/** Reads and checks a message's own attributes; undefined when it has none. */
export function readMessageAttributes(inputs: ReadonlyMap<string, Input>): MessageAttributes | undefined {
  if (inputs.size === 0) return undefined;
  if (inputs.size > MAX_ATTRIBUTES)
    throw new SqsError(
      'InvalidParameterValue',
      `Number of message attributes [${inputs.size}] exceeds the allowed maximum [10].`,
    );
  return Object.fromEntries([...inputs].map(([name, input]) => [checkName(name), readAttribute(name, input)]));
}

function checkName(name: string): string {
  if (!NAME.test(name))
    throw invalidValue(
      'MessageAttributes',
      name,
      'A name has 1 to 256 letters, digits, hyphens, underscores and periods.',
    );
  if (/^(aws|amazon)\./i.test(name))
    throw invalidValue('MessageAttributes', name, 'The prefixes AWS. and Amazon. are reserved.');
  if (/^\.|\.$|\.\./.test(name))
    throw invalidValue(
      'MessageAttributes',
      name,
      'A name cannot begin or end with a period, nor have two in succession.',
    );
  return name;
}

function readAttribute(name: string, input: Input): MessageAttribute {
  const type = input.string('DataType');
  const match = TYPE.exec(type);
  if (match === null || type.length > 256 || hasForbiddenCharacter(type))
    throw invalidValue(`MessageAttributes.${name}.DataType`, type, 'It must begin with String, Number or Binary.');
  const text = input.optionalString('StringValue');
  const binary = input.optionalString('BinaryValue');
  if (match[1] === 'Binary') {
    if (binary === undefined || binary === '' || text !== undefined) throw empty(name, type);
    if (!BASE64.test(binary)) throw invalidValue(`MessageAttributes.${name}.BinaryValue`, binary, 'It is not base64.');
    return { DataType: type, BinaryValue: binary };
  }
  if (text === undefined || text === '' || binary !== undefined) throw empty(name, type);
  if (hasForbiddenCharacter(text)) throw new SqsError('InvalidParameterValue', FORBIDDEN_CHARACTER_MESSAGE);
  if (match[1] === 'Number' && !isNumber(text))
    throw new SqsError(
      'InvalidParameterValue',
      `Can't cast the value of message (user) attribute '${name}' to a number.`,
    );
  return { DataType: type, StringValue: text };
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
}

function empty(name: string, type: string): SqsError {
  return new SqsError(
    'InvalidParameterValue',
    `Message (user) attribute '${name}' must contain a non-empty value of type '${type}', and no other.`,
  );
}

/** Bytes of names, types and values: they count towards a message's size. */
export function sizeOfAttributes(attributes: MessageAttributes | undefined): number {
  let size = 0;
  for (const [name, attribute] of Object.entries(attributes ?? {}))
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueOf(attribute).length;
  return size;
}

function valueOf(attribute: MessageAttribute): Buffer {
  return attribute.BinaryValue === undefined
    ? Buffer.from(attribute.StringValue ?? '')
    : Buffer.from(attribute.BinaryValue, 'base64');
}

/**
 * `MD5OfMessageAttributes`: over the attributes by name, each as name, data type, one byte for the kind of value (1 text, 2 binary)
 * and value, all but that byte preceded by a 32-bit big-endian length.
 * Source: "Calculating the MD5 message digest for message attributes" in the developer guide.
 */
export function md5OfAttributes(attributes: MessageAttributes): string {
  const hash = createHash('md5');
  const update = (part: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  };
  for (const name of Object.keys(attributes).sort()) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    update(Buffer.from(name));
    update(Buffer.from(attribute.DataType));
    hash.update(Buffer.of(attribute.BinaryValue === undefined ? 1 : 2));
    update(valueOf(attribute));
  }
  return hash.digest('hex');
}

/** The attributes a receiver asked for: by name, `All` or `.*`, or by prefix as in `trace.*`. Undefined when none is left. */
export function selectAttributes(
  attributes: MessageAttributes | undefined,
  wanted: readonly string[],
): MessageAttributes | undefined {
  if (attributes === undefined || wanted.length === 0) return undefined;
  const matches = (name: string): boolean =>
    wanted.some(
      (want) => want === 'All' || want === name || (want.endsWith('.*') && name.startsWith(want.slice(0, -2))),
    );
  const selected = Object.entries(attributes).filter(([name]) => matches(name));
  return selected.length === 0 ? undefined : Object.fromEntries(selected);
}
