import { rootTag } from './dump-xml.js';
import { mix } from './random.js';
import type { Contributor, SamplePage, SampleRevision, SampleSlot } from './sample-page.js';
import type { SampleWiki } from './sample-wikis.js';
import { escapeXml } from './xml-text.js';

/** The head of a content file export; its values stand unescaped, as the exporter leaves them. */
export function exportHead(wiki: SampleWiki): string {
  const namespaces = [...wiki.namespaces].map(([key, name]) => {
    const tag = `namespace key="${key}" case="first-letter"`;
    return `      ${name === '' ? `<${tag} />` : `<${tag}>${name}</namespace>`}\n`;
  });
  return `${rootTag(wiki.language)}
  <siteinfo>
    <sitename>${wiki.siteName}</sitename>
    <dbname>${wiki.dbname}</dbname>
    <base>${wiki.base}</base>
    <generator>MediaWiki Content File Export 0.3.12</generator>
    <case>first-letter</case>
    <namespaces>
${namespaces.join('')}    </namespaces>
  </siteinfo>
`;
}

/** A page with its current revision as the content file export writes it, peculiarities included. */
export function exportPageXml(page: SamplePage): string {
  const redirect = page.redirectTarget === null ? '' : `    <redirect title="${escapeXml(page.redirectTarget)}" />\n`;
  return `  <page>
    <title>${escapeXml(page.title)}</title>
    <ns>${page.namespace}</ns>
    <id>${page.id}</id>
${redirect}${revisionXml(page.revision)}  </page>
`;
}

function revisionXml(revision: SampleRevision): string {
  const lines = [`<id>${revision.id}</id>`];
  if (revision.parentId !== null) lines.push(`<parentid>${revision.parentId}</parentid>`);
  lines.push(`<timestamp>${revision.timestamp}</timestamp>`, contributorXml(revision.contributor));
  if (revision.isMinor) lines.push('<minor />');
  if (revision.comment === null) lines.push('<comment deleted="deleted" />');
  else if (revision.comment !== '') lines.push(`<comment>${escapeXml(revision.comment)}</comment>`);
  for (const slot of revision.slots) {
    if (slot.role === 'main') lines.push(slotLines(slot, revision).join('\n      '));
    // Other slots are left out where the text is hidden.
    else if (!revision.isTextHidden) lines.push(otherSlotXml(slot, revision));
  }
  lines.push(revision.isTextHidden ? '<sha1 />' : `<sha1>${revision.sha1}</sha1>`);
  return `    <revision>\n${lines.map((line) => `      ${line}\n`).join('')}    </revision>\n`;
}

function contributorXml(contributor: Contributor): string {
  if (contributor.kind === 'hidden') return '<contributor deleted="deleted" />';
  const inside =
    contributor.kind === 'ip'
      ? `        <ip>${escapeXml(contributor.address)}</ip>\n`
      : `        <username>${escapeXml(contributor.name)}</username>\n        <id>${contributor.id}</id>\n`;
  return `<contributor>\n${inside}      </contributor>`;
}

function otherSlotXml(slot: SampleSlot, revision: SampleRevision): string {
  const lines = [`<role>${slot.role}</role>`, ...slotLines(slot, revision)];
  return `<content>\n        ${lines.join('\n        ')}\n      </content>`;
}

function slotLines(slot: SampleSlot, revision: SampleRevision): string[] {
  // What the exporter's table does not know stands as -1 and as error-….
  const isUnknown = mix(revision.id, slot.role.length) % 40 === 0;
  return [
    `<origin>${isUnknown ? -1 : slot.origin}</origin>`,
    `<model>${isUnknown ? 'error-no-model' : slot.model}</model>`,
    `<format>${isUnknown ? 'error-no-format' : slot.format}</format>`,
    textElement(slot, revision),
  ];
}

function textElement(slot: SampleSlot, revision: SampleRevision): string {
  if (revision.isTextHidden) return '<text bytes="-1" deleted="deleted" />';
  if (slot.bytes === 0) return '<text bytes="0" />';
  return `<text bytes="${slot.bytes}" sha1="${slot.sha1}" xml:space="preserve">${escapeXml(slot.text)}</text>`;
}
