import { parseArgs } from 'node:util';

import { messageOf, UsageError } from '@wikifleet/domain/errors';

export interface LocalstackArguments {
  readonly help: boolean;
  /** Where LocalStack answers, on 127.0.0.1. */
  readonly port: number;
  /** True: Docker Compose or nothing. False: the Python package. Undefined: Docker where an engine answers. */
  readonly docker: boolean | undefined;
  /** The interpreter to install with, in place of the search. */
  readonly python: string | undefined;
}

export const localstackHelp = `usage: npm run localstack -- [--port N] [--docker | --no-docker] [--python PATH]

Runs LocalStack 4.14.0 (SQS, S3, CloudWatch) on 127.0.0.1 with the fleet's bucket and queues, prints the environment to
export once it is ready, and ends with Ctrl-C. Nothing is kept between two runs.

  --port N       where it answers (default: 4566)
  --docker       by Docker Compose; without this, only where an engine answers
  --no-docker    from its Python package, in a virtual environment under \${XDG_CACHE_HOME:-~/.cache}/wikifleet
                 (made by the first run: a minute or two, 500 MB)
  --python PATH  the Python to make that environment with, 3.12 or newer (default: the first that is found)
`;

const options = {
  help: { type: 'boolean', short: 'h', default: false },
  port: { type: 'string', default: '4566' },
  docker: { type: 'boolean' },
  python: { type: 'string' },
} as const;

/** Reads the command line; a `UsageError` names what is wrong with it. */
export function parseLocalstackArguments(args: readonly string[]): LocalstackArguments {
  const { values } = parse(args);
  const port = /^[1-9]\d{0,4}$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new UsageError('BAD_ARGUMENT', `--port: expected a number from 1 to 65535, received '${values.port}'`);
  }
  if (values.docker === true && values.python !== undefined) {
    throw new UsageError('BAD_ARGUMENT', '--python has no meaning with --docker');
  }
  return { help: values.help, port, docker: values.docker, python: values.python };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowNegative: true });
  } catch (error) {
    throw new UsageError('BAD_ARGUMENT', messageOf(error), { cause: error });
  }
}
