/**
 * A template's rule is a pattern, and this compiles it to the operations of `assembly/templates.ts`. A pattern is text with:
 *
 * | in a pattern        | what it writes                                                                          |
 * | ------------------- | --------------------------------------------------------------------------------------- |
 * | `{1}`, `{name}`     | that argument; `{1\|name}` the first of them that is not empty                          |
 * | `[…]`               | its content, unless an argument in it is empty; groups nest                             |
 * | `{?name}`, `{!name}`| nothing; the group ends here where there is no such argument, or where there is one     |
 * | `{?name=value}`     | the same, where the argument is something else; with `!`, where it is this              |
 * | `{*2;, ; and }`     | all positional arguments from the second on, what separates them, and the last two      |
 * | `{items 1}`         | each positional argument from the first on as an item of a list                         |
 * | `{@date 1}`         | what a function of `assembly/functions.ts` makes of the arguments                       |
 * | a line break        | a new line; two: a new paragraph                                                        |
 *
 * `\` before one of these characters makes it text. An empty pattern drops the template.
 */
const OPERATION = {
  end: 0,
  text: 1,
  argument: 2,
  group: 3,
  all: 4,
  lineBreak: 5,
  paragraphBreak: 6,
  call: 7,
  items: 8,
  test: 9,
  testNot: 10,
  drop: 11,
  testValue: 12,
  testNotValue: 13,
} as const;

/** Functions that a rule can call; numbers of `assembly/functions.ts`. */
const FUNCTIONS: Readonly<Record<string, number>> = {
  convert: 1,
  date: 2,
  number: 3,
  monthDate: 4,
  coordinates: 5,
  chemistry: 6,
  value: 7,
  upper: 8,
  lower: 9,
  ordinal: 10,
  language: 11,
  superscript: 12,
  roman: 13,
  inflected: 14,
  years: 15,
  pronunciation: 16,
  country: 17,
};

/** Throws where a pattern is malformed. */
export function compileRule(pattern: string): Buffer {
  if (pattern === '') return Buffer.from([OPERATION.drop]);
  const state: State = { pattern, at: 0, used: new Set() };
  const operations = compileUntil(state, false);
  return Buffer.concat([operations, Buffer.from([OPERATION.end])]);
}

interface State {
  readonly pattern: string;
  at: number;
  /** Arguments that were written: each may be written once, or the time to render would grow with the depth of calls. */
  readonly used: Set<string>;
}

function compileUntil(state: State, isGroup: boolean): Buffer {
  const parts: Buffer[] = [];
  let text = '';
  const endText = (): void => {
    for (let bytes = Buffer.from(text); bytes.length > 0; bytes = bytes.subarray(255)) {
      const piece = bytes.subarray(0, 255);
      parts.push(Buffer.from([OPERATION.text, piece.length]), piece);
    }
    text = '';
  };
  for (;;) {
    const sign = state.pattern[state.at];
    if (sign === undefined || sign === ']') {
      if ((sign === ']') !== isGroup) throw malformed(state, isGroup ? 'a closing ]' : 'no ]');
      state.at += 1;
      endText();
      return Buffer.concat(parts);
    }
    state.at += 1;
    if (sign === '\\') {
      text += state.pattern[state.at] ?? '';
      state.at += 1;
    } else if (sign === '[') {
      endText();
      const inner: State = isCase(state) ? { ...state, used: new Set(state.used) } : state;
      const group = compileUntil(inner, true);
      state.at = inner.at;
      const length = Buffer.alloc(2);
      length.writeUInt16LE(group.length + 1);
      parts.push(Buffer.from([OPERATION.group]), length, group, Buffer.from([OPERATION.end]));
    } else if (sign === '{') {
      endText();
      const end = state.pattern.indexOf('}', state.at);
      if (end < 0) throw malformed(state, 'a closing }');
      parts.push(compileField(state, state.pattern.slice(state.at, end)));
      state.at = end + 1;
    } else if (sign === '\n') {
      endText();
      const isParagraph = state.pattern[state.at] === '\n';
      if (isParagraph) state.at += 1;
      parts.push(Buffer.from([isParagraph ? OPERATION.paragraphBreak : OPERATION.lineBreak]));
    } else text += sign;
  }
}

/** A group that begins with a test is one of several, of which one is written: it may name arguments that the others name. */
function isCase({ pattern, at }: State): boolean {
  return pattern.startsWith('{?', at) || pattern.startsWith('{!', at);
}

function compileField(state: State, field: string): Buffer {
  if (/^[?!].*=/.test(field)) {
    return named(field.startsWith('?') ? OPERATION.testValue : OPERATION.testNotValue, field.slice(1).split('='));
  }
  if (field.startsWith('?')) return named(OPERATION.test, field.slice(1).split('|'));
  if (field.startsWith('!')) return named(OPERATION.testNot, field.slice(1).split('|'));
  if (field.startsWith('*')) {
    const [first = '', separator = '', last = separator] = field.slice(1).split(';');
    const bytes = [separator, last].map((one) => Buffer.from(one));
    return Buffer.concat([
      Buffer.from([OPERATION.all, Number(first || 1)]),
      ...bytes.flatMap((one) => [Buffer.from([one.length]), one]),
    ]);
  }
  if (field.startsWith('items')) return Buffer.from([OPERATION.items, Number(field.slice(5) || 1)]);
  if (field.startsWith('@')) {
    const [name = '', ...parameter] = field.slice(1).split(' ');
    const id = FUNCTIONS[name];
    if (id === undefined) throw malformed(state, `a function, received @${name}`);
    const bytes = Buffer.from(parameter.join(' '));
    return Buffer.concat([Buffer.from([OPERATION.call, id, bytes.length]), bytes]);
  }
  const names = field.split('|');
  for (const name of names) {
    if (name === '' || state.used.has(name)) throw malformed(state, `each argument once, received {${field}}`);
    state.used.add(name);
  }
  return named(OPERATION.argument, names);
}

function named(operation: number, names: readonly string[]): Buffer {
  const bytes = names.map((name) => Buffer.from(name));
  return Buffer.concat([
    Buffer.from([operation, names.length]),
    ...bytes.flatMap((one) => [Buffer.from([one.length]), one]),
  ]);
}

function malformed({ pattern, at }: State, expected: string): Error {
  return new Error(`template rule ${JSON.stringify(pattern)}, character ${at}: expected ${expected}`);
}
