import { UsageError } from '@wikifleet/domain/errors';
import { z } from 'zod';
import { asTyped } from './as-typed.js';

const text = z.string().trim().min(1);
/** A number in digits: `Number` would take white space for 0, and `0x10` for 16. */
const number = (pattern: RegExp, what: string, min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(pattern, `expected ${what} from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `expected ${what} from ${min} to ${max}` });
const whole = (min: number, max: number): z.ZodType<number, string> => number(/^\d{1,15}$/, 'a whole number', min, max);
const ecsName = z.string().regex(/^[a-zA-Z][\w-]{0,254}$/, 'expected a name on ECS, not its ARN');
const url = z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' });

/** What each program takes from its environment, and what it assumes where nothing is said. */
const VARIABLES = {
  /** Where SQS and S3 are spoken: a loopback cloud or LocalStack; without it, AWS. */
  AWS_ENDPOINT_URL: url.optional(),
  AWS_REGION: text.default('us-east-1'),
  WIKIFLEET_BUCKET: text.regex(/^[a-z0-9][a-z0-9.-]{2,62}$/, 'expected the name of a bucket'),
  WIKIFLEET_DOWNLOAD_QUEUE_URL: url,
  WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: url,
  WIKIFLEET_CONVERT_QUEUE_URL: url,
  WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: url,
  /** The mirror file. */
  WIKIFLEET_MIRRORS: text.default('mirrors.json'),
  /** A mail address or a URL that mirrors see in our User-Agent. */
  WIKIFLEET_CONTACT: z
    .string()
    .regex(/^[\x21-\x7e]{3,200}$/, 'expected a mail address or a URL without spaces')
    .optional(),
  WIKIFLEET_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Downloads at once in one task. */
  WIKIFLEET_DOWNLOAD_SLOTS: whole(1, 32).default(3),
  /** Downloader tasks that run beside each other, this one included: they share each mirror's connections. */
  WIKIFLEET_DOWNLOADERS: whole(1, 32).default(1),
  /** Threads of one converter; 0: one a processor. */
  WIKIFLEET_WORKERS: whole(0, 256).default(0),
  /** How long a message stays hidden after each extension: what the job of a killed worker waits. */
  WIKIFLEET_VISIBILITY_SECONDS: whole(2, 43_200).default(120),
  /** Metrics as lines of the log, or none; without it, `emf` on AWS and `none` elsewhere. */
  WIKIFLEET_METRICS: z.enum(['emf', 'none']).optional(),
  /** A file that is written anew while the worker lives; without it, none. */
  WIKIFLEET_HEARTBEAT_FILE: text.optional(),
  /** Where ECS takes its tasks' wishes; it sets it. */
  ECS_AGENT_URI: url.optional(),
  /** What becomes of a raw object when its file's manifest is written: the rows do not need it any more. */
  WIKIFLEET_RAW_OBJECTS: z.enum(['keep', 'delete']).default('keep'),
  /** Seconds that a job may go on after SIGTERM. */
  WIKIFLEET_GRACE_SECONDS: number(/^\d{1,15}(?:\.\d{1,15})?$/, 'seconds', 0, 3600).default(90),
  /** Where the services run on ECS: names, as terraform prints them. Without them nothing is asked of ECS. */
  WIKIFLEET_CLUSTER: ecsName.optional(),
  WIKIFLEET_DOWNLOADER_SERVICE: ecsName.optional(),
  WIKIFLEET_CONVERTER_SERVICE: ecsName.optional(),
  /** Whether programs tell CloudWatch how much is left in the queues; by default on AWS, and not at another endpoint. */
  WIKIFLEET_PUBLISH_DEPTH: z.enum(['on', 'off']).optional(),
} satisfies Record<string, z.ZodType>;

type Variable = keyof typeof VARIABLES;
type Picked<K extends Variable> = { readonly [P in K]: z.output<(typeof VARIABLES)[P]> };

/** The variables of every program. */
export const CLOUD_VARIABLES = [
  'AWS_ENDPOINT_URL',
  'AWS_REGION',
  'WIKIFLEET_BUCKET',
  'WIKIFLEET_DOWNLOAD_QUEUE_URL',
  'WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL',
  'WIKIFLEET_CONVERT_QUEUE_URL',
  'WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL',
  'WIKIFLEET_LOG_LEVEL',
] as const satisfies readonly Variable[];

/** Those of the workers, besides. */
export const WORKER_VARIABLES = [
  ...CLOUD_VARIABLES,
  'WIKIFLEET_VISIBILITY_SECONDS',
  'WIKIFLEET_METRICS',
  'WIKIFLEET_HEARTBEAT_FILE',
  'ECS_AGENT_URI',
] as const satisfies readonly Variable[];

/** Reads the named variables into a frozen object; throws one `UsageError` with everything that is wrong. */
export function readSettings<K extends Variable>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly K[],
): Picked<K> {
  const problems: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const name of names) {
    // an empty variable is one that is not set
    const value = env[name] === '' ? undefined : env[name];
    const result = VARIABLES[name].safeParse(value);
    if (result.success) settings[name] = result.data;
    else problems.push(`${name}: ${problemOf(value, result.error)}`);
  }
  if (problems.length > 0) {
    throw new UsageError('ENVIRONMENT_REFUSED', 'the environment is not complete:', {
      moreLines: [
        ...problems,
        `"${asTyped('cloud')}" prints one to export, "npm run localstack" in a checkout another; docs/operating.md says what each variable is.`,
      ],
    });
  }
  return Object.freeze(settings) as Picked<K>;
}

function problemOf(value: string | undefined, error: z.ZodError): string {
  if (value === undefined) return 'not set';
  return `${error.issues.map((issue) => issue.message).join(', ')}; received ${JSON.stringify(value.slice(0, 200))}`;
}
