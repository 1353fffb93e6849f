import type { Contributor, SamplePage, SampleRevision, SampleSlot } from './sample-page.js';
import type { SampleWiki } from './sample-wikis.js';
import { element, escapeXml } from './xml-text.js';

/** The last line of every dump file. */
export const DUMP_END = '</mediawiki>\n';

/** `<mediawiki …>` and `<siteinfo>` in export-0.11, as MediaWiki's XmlDumpWriter and its text pass write them. */
export function dumpHead(wiki: SampleWiki): string {
  const namespaces = [...wiki.namespaces].map(([key, name]) => {
    const tag = `namespace key="${key}" case="first-letter"`;
    return `      ${name === '' ? `<${tag} />` : `<${tag}>${escapeXml(name)}</namespace>`}\n`;
  });
  return `${rootTag(wiki.language)}
  <siteinfo>
    ${element('sitename', wiki.siteName)}
    ${element('dbname', wiki.dbname)}
    ${element('base', wiki.base)}
    <generator>MediaWiki 1.47.0-wmf.12</generator>
    <case>first-letter</case>
    <namespaces>
${namespaces.join('')}    </namespaces>
  </siteinfo>
`;
}

export function rootTag(language: string): string {
  const schema = 'http://www.mediawiki.org/xml/export-0.11';
  return `<mediawiki xmlns="${schema}/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${schema}/ ${schema}.xsd" version="0.11" xml:lang="${language}">`;
}

/** A page with its current revision and the texts. */
export function pageXml(page: SamplePage): string {
  return `${pageHead(page)}${revisionXml(page.revision, textElement, ' />')}  </page>\n`;
}

/** A page without texts: with the current revision only, or with the earlier ones before it. */
export function stubXml(page: SamplePage, withHistory: boolean): string {
  const revisions = withHistory ? [...page.earlier, page.revision] : [page.revision];
  // Only the text pass, which stubs have not been through, puts a space before the slash here.
  return `${pageHead(page)}${revisions.map((revision) => revisionXml(revision, stubElement, '/>')).join('')}  </page>\n`;
}

function pageHead(page: SamplePage): string {
  const redirect = page.redirectTarget === null ? '' : `    <redirect title="${escapeXml(page.redirectTarget)}" />\n`;
  return `  <page>
    ${element('title', page.title)}
    <ns>${page.namespace}</ns>
    <id>${page.id}</id>
${redirect}`;
}

type TextWriter = (slot: SampleSlot, revision: SampleRevision) => string;

function revisionXml(revision: SampleRevision, text: TextWriter, emptyTagEnd: string): string {
  const lines = [`<id>${revision.id}</id>`];
  if (revision.parentId !== null) lines.push(`<parentid>${revision.parentId}</parentid>`);
  lines.push(`<timestamp>${revision.timestamp}</timestamp>`, contributorXml(revision.contributor));
  if (revision.isMinor) lines.push(`<minor${emptyTagEnd}`);
  if (revision.comment === null) lines.push('<comment deleted="deleted" />');
  else if (revision.comment !== '') lines.push(element('comment', revision.comment));
  for (const slot of revision.slots) lines.push(slotXml(slot, revision, text));
  lines.push(revision.isTextHidden ? `<sha1${emptyTagEnd}` : element('sha1', revision.sha1));
  return `    <revision>\n${lines.map((line) => `      ${line}\n`).join('')}    </revision>\n`;
}

function contributorXml(contributor: Contributor): string {
  if (contributor.kind === 'hidden') return '<contributor deleted="deleted" />';
  const inside =
    contributor.kind === 'ip'
      ? `        ${element('ip', contributor.address)}\n`
      : `        ${element('username', contributor.name)}\n        <id>${contributor.id}</id>\n`;
  return `<contributor>\n${inside}      </contributor>`;
}

function slotXml(slot: SampleSlot, revision: SampleRevision, text: TextWriter): string {
  const lines = [
    `<origin>${slot.origin}</origin>`,
    element('model', slot.model),
    element('format', slot.format),
    text(slot, revision),
  ];
  if (slot.role === 'main') return lines.join('\n      ');
  return `<content>\n        ${[element('role', slot.role), ...lines].join('\n        ')}\n      </content>`;
}

function textElement(slot: SampleSlot, revision: SampleRevision): string {
  const attributes = `bytes="${slot.bytes}" sha1="${slot.sha1}"`;
  if (revision.isTextHidden) return `<text ${attributes} deleted="deleted" />`;
  if (slot.text === '') return `<text ${attributes} />`;
  return `<text ${attributes} xml:space="preserve">${escapeXml(slot.text)}</text>`;
}

function stubElement(slot: SampleSlot, revision: SampleRevision): string {
  const attributes = `bytes="${slot.bytes}" sha1="${slot.sha1}"`;
  if (revision.isTextHidden) return `<text ${attributes} deleted="deleted" />`;
  // The numeric id of a text stands only with the main slot.
  const id = slot.role === 'main' ? ` id="${revision.id + 11}"` : '';
  return `<text ${attributes} location="tt:${revision.id + (slot.role === 'main' ? 11 : 12)}"${id} />`;
}
