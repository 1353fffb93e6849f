import { createHash } from 'node:crypto';
import type { Random } from './random.js';
import type { Contributor, SampleRevision, SampleSlot } from './sample-page.js';

/** What a page holds: its text and, for files, the JSON of their `mediainfo` slot. */
export interface Content {
  readonly model: string;
  readonly format: string;
  readonly text: string;
  readonly mediaInfo?: string;
}

export interface RevisionFacts {
  readonly id: number;
  readonly parentId: number | null;
  readonly timestamp: string;
  readonly content: Content;
}

const USERS = [
  'Adélaïde',
  'Łukasz Żółw',
  'Мария К.',
  'Ελένη',
  'ليلى',
  'সুমন',
  '王小明',
  'さくら',
  "O'Neil & Sons",
  'Q "the" R',
  'Zoë',
  'Fox 🦊',
];
const COMMENTS = [
  '/* History */ ',
  'Reverted edits by [[Special:Contributions/192.0.2.7|192.0.2.7]] ([[User talk:192.0.2.7|talk]]) to last version by ',
  'Created page with \'{{Infobox settlement | name = "…"\' ',
  '[[WP:AES|←]] Redirected page to ',
  'fix <ref> & typos, ',
  'обновление данных ',
  'Διόρθωση: ',
  '利用者 → ',
  'Bot: 👍 ',
];

/** The revision around a page's content: who, when, why, and what of it is hidden or wrongly counted. */
export function revisionOf(random: Random, facts: RevisionFacts): SampleRevision {
  const { content } = facts;
  const origin = random.oneIn(12) ? facts.id - 1 : facts.id;
  const slots = [slotOf(random, 'main', content.model, content.format, content.text, origin)];
  if (content.mediaInfo !== undefined) {
    slots.push(slotOf(random, 'mediainfo', 'wikibase-mediainfo', 'application/json', content.mediaInfo, facts.id));
  }
  return {
    id: facts.id,
    parentId: facts.parentId,
    timestamp: facts.timestamp,
    contributor: contributor(random),
    isMinor: random.oneIn(4),
    comment: comment(random),
    isTextHidden: random.oneIn(120),
    slots,
    sha1: combinedSha1(slots),
  };
}

/** Up to three revisions before the one with `id`, without their texts. */
export function earlierRevisions(random: Random, id: number, seconds: number): SampleRevision[] {
  const count = random.skewed(4);
  const revisions: SampleRevision[] = [];
  for (let i = count; i > 0; i--) {
    const facts = {
      id: id - i * 3,
      parentId: revisions.at(-1)?.id ?? null,
      timestamp: isoTime(seconds - i * 86_413),
      content: { model: 'wikitext', format: 'text/x-wiki', text: `${id - i}` },
    };
    revisions.push(revisionOf(random, facts));
  }
  return revisions;
}

/** `2026-09-30T12:00:00Z` from seconds since 1970. */
export function isoTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** SHA-1 in base 36 with 31 digits, as MediaWiki writes it. */
export function base36Sha1(text: string): string {
  const hex = createHash('sha1').update(text).digest('hex');
  return BigInt(`0x${hex}`).toString(36).padStart(31, '0');
}

function slotOf(random: Random, role: string, model: string, format: string, text: string, origin: number): SampleSlot {
  const length = Buffer.byteLength(text);
  return {
    role,
    origin,
    model,
    format,
    text,
    bytes: length > 0 && random.oneIn(50) ? length + random.between(1, 40) : length,
    sha1: base36Sha1(random.oneIn(150) ? `${text}\n` : text),
  };
}

/** One slot's hash is the revision's; several are hashed again in the order of their roles. */
function combinedSha1(slots: readonly SampleSlot[]): string {
  return slots.map(({ sha1 }) => sha1).reduce((carried, sha1) => base36Sha1(carried + sha1));
}

function contributor(random: Random): Contributor {
  switch (random.below(40)) {
    case 0:
      return { kind: 'hidden' };
    case 1:
    case 2:
      return {
        kind: 'ip',
        address: `${random.between(1, 223)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
      };
    case 3:
      return {
        kind: 'ip',
        address: `2001:DB8:${random.below(65536).toString(16).toUpperCase()}:0:0:0:0:${random.below(99)}`,
      };
    case 4:
    case 5:
    case 6:
      return {
        kind: 'user',
        name: `~2026-${random.between(10_000, 99_999)}-${random.below(99)}`,
        id: random.between(4e6, 5e6),
      };
    case 7:
      return { kind: 'user', name: `imported>${random.pick(USERS)}`, id: 0 };
    case 8:
      return random.oneIn(4) ? { kind: 'user', name: '', id: 0 } : { kind: 'user', name: 'Maintenance script', id: 0 };
    default: {
      const number = random.skewed(400);
      return { kind: 'user', name: `${USERS[number % USERS.length] ?? ''} ${number}`, id: 100 + number * 7 };
    }
  }
}

function comment(random: Random): string | null {
  const kind = random.below(50);
  if (kind === 0) return null;
  if (kind < 12) return '';
  return `${random.pick(COMMENTS)}${random.pick(USERS)} (${random.below(1000)})`;
}
