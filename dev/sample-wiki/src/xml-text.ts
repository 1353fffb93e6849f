const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text and attribute values as MediaWiki's exporters do: the apostrophe stays. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}

/** `<name>…</name>`, or `<name />` around nothing. */
export function element(name: string, content: string | number): string {
  return content === '' ? `<${name} />` : `<${name}>${escapeXml(String(content))}</${name}>`;
}
