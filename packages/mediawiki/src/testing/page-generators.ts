import fc from 'fast-check';

/** Mostly `regular`, at times something odd. */
const mostly = (regular: fc.Arbitrary<string>, ...odd: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: regular }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
const just = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((all) => all.join(''));
const maybe = (part: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(part, just(''));
/** At times twice, at times in another order. */
const inAnyOrder = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: joined(...parts) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(...parts)
        .chain((all) => fc.shuffledSubarray(all))
        .map((all) => all.join('')),
    },
    { weight: 1, arbitrary: joined(...parts, ...parts.slice(0, 2)) },
  );

const space = mostly(
  just('', '\n      ', '\n        '),
  ' ',
  '\t',
  '\r\n',
  '  \n'.repeat(20),
  'x',
  '<!-- c -->',
  '&#10;',
);
const emptyEnd = mostly(just(' />', '/>'), '  />', '\n/>', ' / >', '>');
const escaped = just(
  '&lt;',
  '&gt;',
  '&amp;',
  '&quot;',
  '&apos;',
  '&#39;',
  '&#xe9;',
  '&#x1F600;',
  '&#13;',
  '&#10;',
  '&#9;',
  '&amp;lt;',
);
const sign = fc.oneof(
  { weight: 8, arbitrary: just('a', 'b ', 'text', '"', '\\', '\n', '\t', '/', "'", ']', '>', '=', '{{x}}', '12') },
  { weight: 6, arbitrary: escaped },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 3 }).map((text) => text.replace(/[<&]/g, '')) },
  {
    weight: 3,
    arbitrary: just(
      'é',
      '\u07ff',
      '€',
      '\ud7ff',
      '\ue000',
      '\ufffd',
      '\uf8ff',
      '😀',
      '\u{1fffe}',
      '\u{10ffff}',
      '\u2028',
      '\u007f',
      '\u0085',
      '\ufeff',
    ),
  },
);
const ODD_SIGNS = [
  '\ufffe', '\uffff', '\r', '\r\n', '\0', '\u0001', '\u000b', '\u001f', ']]>', '&', '&;', '&lt', '&nbsp;', '&#0;', '&#1;', '&#xd800;', '&#xfffe;',
  '&#x110000;', '&#000000065;', '&#;', '&#x;', '<b>x</b>', '<!-- c -->', '<![CDATA[<&]]>', '<?p ?>', '<', '<!DOCTYPE a>', '</text>', '&#8;',
]; // prettier-ignore
const text = fc
  .tuple(fc.array(sign, { maxLength: 30 }), mostly(just(''), ...ODD_SIGNS), fc.array(sign, { maxLength: 30 }))
  .map(([before, odd, after]) => before.join('') + odd + after.join(''));
const word = mostly(just('wikitext', 'text/x-wiki', 'm', ''), 'a&amp;b', 'é', '"', '<x/>', ' m ');
const number = mostly(
  fc.oneof(fc.integer({ min: -9, max: 99999 }).map(String), just('999999999999999', '-999999999999999', '0')),
  '', ' 4', '4\n', '-0', '00', '01', '+1', '1.0', '1e3', '1000000000000000', '-', 'x', '١', '&#49;', '4<!-- c -->2',
); // prettier-ignore
const element = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(value, space, emptyEnd, mostly(just(''), ' a="b"', ' ')).map(([inside, before, end, attribute]) => {
    if (inside === '') return `${before}<${name}${attribute}${end}`;
    return `${before}<${name}${attribute}>${inside}</${name}>`;
  });
const attribute = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(value, fc.integer({ min: 0, max: 40 })).map(([inside, form]) => {
    if (form === 0) return ` ${name}='${inside}'`;
    if (form === 1) return ` ${name} = "${inside}"`;
    if (form === 2) return `\n${name}="${inside}"`;
    if (form === 3) return ` ${name}="${inside}" ${name}="${inside}"`;
    return ` ${name}="${inside}"`;
  });
const value = mostly(
  just('abc', '0', ''),
  '>',
  '/>',
  ' />',
  '>é',
  '/>é',
  '<',
  '&amp;',
  '&#10;',
  'é',
  '\\',
  '\t',
  '\n',
  "'",
  'x'.repeat(1100),
);
const deleted = attribute('deleted', mostly(just('deleted'), '', 'x', 'deleted '));

const textElement = fc
  .tuple(
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5]),
    fc.tuple(
      attribute('bytes', number),
      attribute('sha1', value),
      attribute('xml:space', mostly(just('preserve'), 'default', '')),
      attribute('id', value),
      attribute('location', value),
      fc.oneof({ weight: 1, arbitrary: deleted }, { weight: 6, arbitrary: just('') }),
    ),
    mostly(just(''), ' foo="1"', ' xml:lang="de"', ' a:b="c"', ' __proto__="x"'),
    fc.oneof(text, just('')),
    emptyEnd,
    space,
  )
  .map(([order, attributes, other, inside, end, before]) => {
    const all = order.map((index) => attributes[index]).join('') + other;
    return inside === '' ? `${before}<text${all}${end}` : `${before}<text${all}>${inside}</text>`;
  });
const hidden = (name: string, inside: string): fc.Arbitrary<string> =>
  fc
    .tuple(space, deleted, mostly(emptyEnd, `>${inside}</${name}>`))
    .map(([before, how, end]) => `${before}<${name}${how}${end}`);
const contributor = fc.oneof(
  { weight: 1, arbitrary: hidden('contributor', '<ip>i</ip>') },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        space,
        fc.oneof(
          inAnyOrder(element('username', text), element('id', number)),
          element('ip', just('::1', '1.2.3.4', 'é')),
          mostly(just(''), '<username>U</username><ip>i</ip>', '<bot/>', 'x'),
        ),
        space,
      )
      .map(([before, inside, after]) => `${before}<contributor>${inside}${after}</contributor>`),
  },
);
const slot = inAnyOrder(
  maybe(element('origin', number)),
  maybe(element('model', word)),
  maybe(element('format', word)),
  maybe(textElement),
);
const role = mostly(just('mediainfo', 'a_b-1', 'x'), 'main', '', 'X', '1', 'é', ' x', 'constructor', '__proto__');
const content = joined(just('<content>'), inAnyOrder(element('role', role), slot), space, just('</content>'));

export const generatedRevision = fc
  .tuple(
    mostly(just('<revision>'), '<revision >', '<revision a="b">', '<revision\n>', '<revision/>'),
    inAnyOrder(
      element('id', mostly(just('8', '123456789'), '', 'x', ' 8 ')),
      maybe(element('parentid', number)),
      element('timestamp', mostly(just('2001-01-15T13:15:00Z'), '', 'é', '&amp;')),
      maybe(contributor),
      maybe(
        joined(space, mostly(just('<minor/>', '<minor />'), '<minor></minor>', '<minor a="b"/>', '<minor>x</minor>')),
      ),
      maybe(
        fc.oneof({ weight: 4, arbitrary: element('comment', text) }, { weight: 1, arbitrary: hidden('comment', 'x') }),
      ),
      slot,
      maybe(element('sha1', just('abc', ''))),
      fc.oneof(
        { weight: 4, arbitrary: just('') },
        { weight: 1, arbitrary: fc.array(content, { maxLength: 3 }).map((all) => all.join('')) },
      ),
      mostly(just(''), '<unknown/>', 'x', '<restrictions>r</restrictions>', '</revision>'),
    ),
    space,
    mostly(just('</revision>'), '</revision >', '', '</revision>\n', '</revisio'),
  )
  .map((all) => all.join(''));

const title = mostly(
  text.map((all) => all.slice(0, 60)),
  '',
  'x'.repeat(2048),
  'é'.repeat(1500),
  'x'.repeat(2049),
  '&amp;'.repeat(800),
);
/** What follows `<page>`. */
export const generatedHead = joined(
  inAnyOrder(
    element('title', title),
    maybe(element('ns', number)),
    element('id', mostly(just('7', '12345'), '', '-7', 'x', ' 7')),
    maybe(
      fc
        .tuple(space, maybe(attribute('title', title)), emptyEnd)
        .map(([before, to, end]) => `${before}<redirect${to}${end}`),
    ),
    mostly(just(''), '<restrictions>edit=sysop</restrictions>', '<sha1 />', 'x'),
  ),
  space,
);

export const generatedPage = fc
  .tuple(generatedHead, fc.array(joined(generatedRevision, space), { maxLength: 3 }))
  .map(([head, revisions]) => `<page>${head}${revisions.join('')}</page>`);
