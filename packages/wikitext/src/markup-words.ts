/** Words of MediaWiki's markup that are the same in every wiki. The numbers are those of the kernel (`assembly/`). */

/** Extension tags by what becomes of their content: see `tree.ts`. */
export const EXTENSION_TAGS: Readonly<Record<number, string>> = {
  1: 'ref references templatestyles indicator score timeline graph mapframe maplink hiero imagemap inputbox categorytree charinsert dynamicpagelist rss ogg talkpage thread quiz phonos languages sm2 section-h dpl slippymap kartographer html chart',
  2: 'nowiki',
  3: 'pre',
  4: 'math',
  5: 'gallery',
  6: 'poem',
  7: 'syntaxhighlight source',
  8: 'noinclude onlyinclude translate tvar section',
  9: 'includeonly',
  10: 'chem ce',
};

/** Elements of HTML by what they do to the text: see `tags.ts`. */
export const TAGS: Readonly<Record<number, string>> = {
  1: 'abbr bdi bdo big caption cite col colgroup data del dfn font ins link mark meta q rb rbc rp rt rtc ruby s small span strike sub sup time u var wbr figure figcaption thead tbody tfoot',
  2: 'br',
  3: 'div p center hr ul ol dl',
  4: 'li dd dt',
  5: 'table',
  6: 'h1 h2 h3 h4 h5 h6',
  7: 'td th',
  8: 'tr',
  9: 'blockquote',
  10: 'code tt kbd samp',
  11: 'i em',
  12: 'b strong',
};

/** Between two underscores on each side, in lower case. Local names of other languages are in `local-words.ts`. */
export const BEHAVIOUR_SWITCHES =
  'notoc forcetoc toc noeditsection newsectionlink nonewsectionlink nogallery hiddencat expectunusedcategory expectunusedtemplate noindex index nocontentconvert nocc notitleconvert notc staticredirect disambig noglobal start end nofollow archivedtalk expected_unconnected_page expectedunconnectedpage notalk originalabstract bypasspurge';

/** What MediaWiki makes links of ($wgUrlProtocols): 1 with two slashes behind it, 2 also without. */
export const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ftp: ftps: git: gopher: http: https: irc: ircs: mms: nntp: redis: sftp: ssh: svn: telnet: worldwind:',
  2: 'bitcoin: geo: magnet: mailto: matrix: news: sip: sips: sms: tel: urn: xmpp:',
};

/** Parser functions by what they do: see `parser-functions.ts`. */
export const PARSER_FUNCTIONS: Readonly<Record<number, string>> = {
  1: 'lc',
  2: 'uc',
  3: 'lcfirst',
  4: 'ucfirst',
  5: 'formatnum',
  6: '#if',
  7: '#ifeq',
  8: '#switch',
  9: '#ifexist',
  10: '#iferror',
  11: 'plural noexternallanglinks-none bidi',
};
