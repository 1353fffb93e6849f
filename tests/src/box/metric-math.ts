/** A value of one period; undefined where a metric has none. */
export type Value = number | undefined;

/** How `MAX` and `MIN` of a list treat a value that is missing: CloudWatch documents neither. */
export type MissingInList = 'missing' | 'left out';

interface Node {
  /** The same number in every period: it does not stand in for a value that is missing. */
  readonly isScalar?: true;
  (values: ReadonlyMap<string, Value>): Value;
}

/**
 * CloudWatch's metric math on the values of one period, as far as the fleet's alarms and dashboard use it. Seen on AWS: a missing
 * value in a sum or a comparison counts as 0, unless all are missing. Throws for what it does not know.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluate(expression: string, values: ReadonlyMap<string, Value>, missing: MissingInList): Value {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>=!]=|[-+*/<>(),[\]]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(/\s/g, '')) throw new Error(`metric math: cannot read ${expression}`);
  const parser = new Parser(tokens, missing);
  const node = parser.comparison();
  parser.end();
  return node(values);
}

function both(left: Node, right: Node, operate: (a: number, b: number) => number): Node {
  const series = [left, right].filter(({ isScalar }) => isScalar !== true);
  return (values) => {
    const there = series.length === 0 || series.some((node) => node(values) !== undefined);
    return there ? operate(left(values) ?? 0, right(values) ?? 0) : undefined;
  };
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
};

class Parser {
  readonly #tokens: readonly string[];
  readonly #missing: MissingInList;
  #at = 0;

  constructor(tokens: readonly string[], missing: MissingInList) {
    this.#tokens = tokens;
    this.#missing = missing;
  }

  comparison(): Node {
    return this.#binary(['<', '>', '<=', '>=', '==', '!='], () => this.#binary(['+', '-'], () => this.#product()));
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Error(`metric math: unexpected ${this.#tokens[this.#at]}`);
  }

  #product(): Node {
    return this.#binary(['*', '/'], () => this.#term());
  }

  #binary(operators: readonly string[], operand: () => Node): Node {
    let left = operand();
    for (;;) {
      const operator = this.#tokens[this.#at] ?? '';
      const operate = OPERATORS[operator];
      if (!operators.includes(operator) || operate === undefined) return left;
      this.#at += 1;
      left = both(left, operand(), operate);
    }
  }

  #term(): Node {
    const token = this.#tokens[this.#at] ?? 'nothing';
    this.#at += 1;
    if (token === '(') {
      const inner = this.comparison();
      this.#expect(')');
      return inner;
    }
    if (/^\d/.test(token)) {
      const constant = Number(token);
      return Object.assign(() => constant, { isScalar: true as const });
    }
    if (!/^[A-Za-z_]/.test(token)) throw new Error(`metric math: unexpected ${token}`);
    if (this.#tokens[this.#at] !== '(') return (values) => this.#value(token, values);
    return this.#call(token);
  }

  #value(name: string, values: ReadonlyMap<string, Value>): Value {
    if (!values.has(name)) throw new Error(`metric math: no metric has the id ${name}`);
    return values.get(name);
  }

  #call(name: string): Node {
    this.#expect('(');
    const list = this.#tokens[this.#at] === '[';
    if (list) this.#at += 1;
    const args = [this.comparison()];
    while (this.#tokens[this.#at] === ',') {
      this.#at += 1;
      args.push(this.comparison());
    }
    if (list) this.#expect(']');
    this.#expect(')');
    const [first, second, third] = args;
    if (name === 'IF' && first !== undefined && second !== undefined && third !== undefined) {
      return (values) => {
        const condition = first(values);
        if (condition === undefined) return undefined;
        return condition === 0 ? third(values) : second(values);
      };
    }
    if (name === 'ABS' && first !== undefined && args.length === 1) {
      return (values) => {
        const value = first(values);
        return value === undefined ? undefined : Math.abs(value);
      };
    }
    if (name === 'MAX' && list) {
      return (values) => {
        const found = args.map((arg) => arg(values));
        const there = found.filter((value) => value !== undefined);
        if (there.length === 0 || (there.length < found.length && this.#missing === 'missing')) return undefined;
        return Math.max(...there);
      };
    }
    throw new Error(`metric math: ${name} with ${args.length} arguments is not known here`);
  }

  #expect(token: string): void {
    if (this.#tokens[this.#at] !== token) {
      throw new Error(`metric math: expected ${token}, received ${this.#tokens[this.#at] ?? 'nothing'}`);
    }
    this.#at += 1;
  }
}
