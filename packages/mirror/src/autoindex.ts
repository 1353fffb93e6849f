import { isName } from '@wikifleet/domain/names';
import type { MirrorEntry } from './mirror.js';

const LINK = /<a\s[^<>]*?href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')/gi;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/**
 * The names in a listing as nginx, Apache and dumps.wikimedia.org write it in HTML: the targets of the links that
 * name something directly in `folder` (an absolute path). Sizes in such a listing are rounded, or none: they are null. `refused` counts
 * the targets that are neither names nor links of the listing itself.
 */
export function parseAutoindex(html: string, folder: string): { entries: MirrorEntry[]; refused: number } {
  const inside = folder.endsWith('/') ? folder : `${folder}/`;
  const entries = new Map<string, MirrorEntry>();
  let refused = 0;
  for (const [, double, single] of html.matchAll(LINK)) {
    const target = targetOf(double ?? single ?? '');
    // Links to sort the columns, to the top and to elsewhere belong to the page.
    if (target === '' || /^(?:[?#]|[a-z][a-z0-9+.-]*:|\/\/)/i.test(target) || inside.startsWith(target)) continue;
    if (target === '..' || target === '../' || target === './') continue;
    const path = target.startsWith(inside) ? target.slice(inside.length) : target.replace(/^\.\//, '');
    const directory = path.endsWith('/');
    const name = directory ? path.slice(0, -1) : path;
    if (!isName(name)) refused += 1;
    else if (!entries.has(name)) entries.set(name, { name, size: null, directory });
  }
  return { entries: [...entries.values()], refused };
}

/** An attribute's value, its entities and percent signs resolved; what is malformed stays as it is, and is no name. */
function targetOf(value: string): string {
  const text = value.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '').trim();
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
