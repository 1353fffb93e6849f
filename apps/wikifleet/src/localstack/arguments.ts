import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { UsageError } from '@wikifleet/domain/errors';

export interface LocalstackArguments {
  /** Where LocalStack answers, on 127.0.0.1. */
  readonly port: number;
  /** True: Docker Compose or nothing. False: the Python package. Undefined: Docker where an engine answers. */
  readonly docker: boolean | undefined;
  /** The interpreter to install with, in place of the search. */
  readonly python: string | undefined;
}

const line = {
  usage: 'npm run localstack -- [--port N] [--docker | --no-docker] [--python PATH]',
  about:
    "Runs LocalStack 4.14.0 (SQS, S3, CloudWatch) on 127.0.0.1 with the fleet's bucket and queues, prints the environment to\n" +
    'export once it is ready, and ends with Ctrl-C. Nothing is kept between two runs.',
  flags: {
    port: { type: 'string', value: 'N', help: 'where it answers (default: 4566)' },
    docker: { type: 'boolean', help: 'by Docker Compose; without this, only where an engine answers' },
    'no-docker': {
      type: 'boolean',
      help:
        'from its Python package, in a virtual environment under ${XDG_CACHE_HOME:-~/.cache}/wikifleet\n' +
        '(made by the first run: a minute or two, 600 MB)',
    },
    python: {
      type: 'string',
      value: 'PATH',
      help: 'the Python to make that environment with, 3.12 or newer (default: the first that is found)',
    },
  },
} as const;

/** Reads the command line; a `UsageError` names what is wrong with it. */
export function parseLocalstackArguments(argv: readonly string[]): LocalstackArguments {
  const { flags } = parseCommandLine(line, argv);
  const only = flags['no-docker'] === true;
  if (flags.docker === true && (only || flags.python !== undefined)) {
    const other = only ? '--no-docker' : '--python';
    throw new UsageError('FLAG_REFUSED', `--docker and ${other} exclude each other`);
  }
  return {
    port: wholeNumber('port', flags.port ?? '4566', 1, 65_535),
    docker: flags.docker === true ? true : only || flags.python !== undefined ? false : undefined,
    python: flags.python,
  };
}
