import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../end-to-end/programs.js';

/** One change of one place in `terraform/`. */
export interface Mutation {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

interface Rule {
  readonly what: string;
  readonly files: RegExp;
  readonly pattern: RegExp;
  /** The line with its match changed; null: the line removed. */
  readonly change: (match: RegExpExecArray) => string | null;
}

const other = (text: string): string =>
  text.includes('download') ? text.replace('download', 'convert') : text.replace('convert', 'download');

/** Environment variables, references to queues, names and dimensions of metrics. Statements of IAM are in terraform-permissions.test.ts. */
const RULES: readonly Rule[] = [
  {
    what: 'an environment variable removed',
    files: /^(main|modules\/task\/main)\.tf$/,
    pattern: /^\s+(?:AWS_REGION|WIKIFLEET_\w+)\s+= .*$/,
    change: () => null,
  },
  {
    what: 'an environment variable misspelled',
    files: /^(main|modules\/task\/main)\.tf$/,
    pattern: /(AWS_REGION|WIKIFLEET_[A-Z_]*[A-Z])(?=\s+= )/,
    change: ([, name = '']) => `${name.slice(0, -1)}X`,
  },
  {
    what: "a reference to the other stage's queue",
    files: /^main\.tf$/,
    pattern: /module\.(?:download|convert)_queue\.\w+/,
    change: ([reference]) => other(reference),
  },
  {
    what: 'a reference to the queue for its dead letters, or the other way round',
    files: /^main\.tf$/,
    pattern: /module\.(?:download|convert)_queue\.(dead_letter_)?(url|name)/,
    change: ([reference, dead]) =>
      dead === undefined ? reference.replace(/(url|name)$/, 'dead_letter_$1') : reference.replace('dead_letter_', ''),
  },
  {
    what: "a reference to a queue's attribute within its module",
    files: /^modules\/(?:queue|observability|seed-schedule)\/(?:main|widgets)\.tf$/,
    pattern: /(aws_sqs_queue\.(?:this|dead_letter)|(?:each\.value|stage)\.(?:queue|dead_letter))\b/,
    change: ([reference]) => {
      if (reference.endsWith('dead_letter'))
        return reference.replace(/dead_letter$/, reference.startsWith('aws') ? 'this' : 'queue');
      return reference.replace(/(this|queue)$/, 'dead_letter');
    },
  },
  {
    what: 'the name of a metric misspelled',
    files: /^(main|modules\/(?:service|observability|seed-schedule)\/(?:main|widgets))\.tf$/,
    pattern: /"(Outstanding|Approximate\w+|NumberOf\w+|CPUUtilization|BytesIn|Rows)"/,
    change: ([, name = '']) => `"${name}s"`,
  },
  {
    what: 'the name of a drawn metric misspelled',
    files: /^modules\/observability\/widgets\.tf$/,
    pattern: /(?<=[{,] )([A-Z]\w+)(?= = \[)/,
    change: ([, name = '']) => `${name}s`,
  },
  {
    what: 'a namespace or a dimension of metrics misspelled',
    files: /^(main|modules\/(?:service|observability|seed-schedule)\/(?:main|widgets))\.tf$/,
    pattern:
      /("AWS\/\w+"|"Wikifleet"|"QueueName"|"service"|\b(?:QueueName|ClusterName|ServiceName)(?= = )|"(?:ClusterName|ServiceName)")/,
    change: ([, name = '']) => (name.endsWith('"') ? `${name.slice(0, -1)}s"` : `${name}s`),
  },
];

/** Every mutation of every rule: each match of a line is one. */
export async function listMutations(): Promise<Mutation[]> {
  const root = join(ROOT, 'terraform');
  const found: Mutation[] = [];
  const files = (await readdir(root, { recursive: true }))
    .filter((file) => file.endsWith('.tf') && !file.startsWith('tests/'))
    .toSorted();
  for (const file of files) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    for (const { what, files: which, pattern, change } of RULES) {
      if (!which.test(file)) continue;
      for (const [at, text] of lines.entries()) {
        if (/^\s*(?:#|description|alarm_description)/.test(text)) continue;
        for (const match of text.matchAll(new RegExp(pattern, 'g'))) {
          const changed = change(match);
          const to =
            changed === null ? '' : text.slice(0, match.index) + changed + text.slice(match.index + match[0].length);
          found.push({ file, line: at + 1, what, from: text, to });
        }
      }
    }
  }
  return found;
}

/** Makes a mutation in a copy of `terraform/`. */
export async function mutate(folder: string, { file, line, to }: Mutation): Promise<void> {
  const path = join(folder, file);
  const lines = (await readFile(path, 'utf8')).split('\n');
  lines[line - 1] = to;
  await writeFile(path, lines.join('\n'));
}
