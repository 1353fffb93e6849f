import { compactDate, dateSchema, type Kind, type Run } from '@wikifleet/domain/run';

const JOBS = {
  'articles-multistream': 'articlesmultistreamdump',
  articles: 'articlesdump',
  'meta-current': 'metacurrentdump',
  'meta-history': 'metahistorybz2dump',
  'stubs-articles': 'xmlstubsdump',
  'stubs-meta-current': 'xmlstubsdump',
  'stubs-meta-history': 'xmlstubsdump',
  'content-current': null,
  'content-history': null,
} as const satisfies Record<Kind, string | null>;

/** The job of `dumpstatus.json` that makes a legacy kind; null for a content export, which has no jobs. */
export function jobOfKind(kind: Kind): string | null {
  return JOBS[kind];
}

/** The folder that holds the dated folders of a wiki, below the dumps' root. */
export function folderOfWiki({ kind, wiki }: Pick<Run, 'kind' | 'wiki'>): string {
  return jobOfKind(kind) === null ? `other/mediawiki_${kind.replace('-', '_')}/${wiki}` : wiki;
}

/** The folder that holds a run's files, below the dumps' root. */
export function folderOfRun(run: Run): string {
  const dated = `${folderOfWiki(run)}/${mirrorDate(run)}`;
  return jobOfKind(run.kind) === null ? `${dated}/xml/bzip2` : dated;
}

/** What the name of every file of the run begins with: `<wiki>-<date>-`. */
export function prefixOfRun(run: Run): string {
  return `${run.wiki}-${mirrorDate(run)}-`;
}

function mirrorDate(run: Run): string {
  return jobOfKind(run.kind) === null ? run.date : compactDate(run.date);
}

/** The `YYYY-MM-DD` that a folder of a wiki is named by; null for other folders (`latest`) and days that do not exist. */
export function dateOfFolder(kind: Kind, name: string): string | null {
  const match = (jobOfKind(kind) === null ? /^(\d{4})-(\d{2})-(\d{2})$/ : /^(\d{4})(\d{2})(\d{2})$/).exec(name);
  if (match === null) return null;
  const date = match.slice(1).join('-');
  return dateSchema.safeParse(date).success ? date : null;
}
