/** A wiki of the sample, as its `<siteinfo>` tells of it. */
export interface SampleWiki {
  readonly dbname: string;
  readonly siteName: string;
  readonly language: string;
  readonly base: string;
  readonly namespaces: ReadonlyMap<number, string>;
  /** Codes of the languages its pages are in, the commonest first. */
  readonly pageLanguages: readonly string[];
  /** Revision ids are above this. */
  readonly firstRevisionId: number;
}

const CANONICAL: readonly (readonly [number, string])[] = [
  [-2, 'Media'],
  [-1, 'Special'],
  [0, ''],
  [1, 'Talk'],
  [2, 'User'],
  [3, 'User talk'],
  [4, 'Samplewiki'],
  [5, 'Samplewiki talk'],
  [6, 'File'],
  [7, 'File talk'],
  [8, 'MediaWiki'],
  [9, 'MediaWiki talk'],
  [10, 'Template'],
  [11, 'Template talk'],
  [12, 'Help'],
  [13, 'Help talk'],
  [14, 'Category'],
  [15, 'Category talk'],
  [710, 'TimedText'],
  [711, 'TimedText talk'],
  [828, 'Module'],
  [829, 'Module talk'],
];

const FRENCH = new Map([
  [-2, 'Média'],
  [-1, 'Spécial'],
  [1, 'Discussion'],
  [2, 'Utilisateur'],
  [3, 'Discussion utilisateur'],
  [4, 'Échantillon'],
  [5, 'Discussion Échantillon'],
  [6, 'Fichier'],
  [7, 'Discussion fichier'],
  [10, 'Modèle'],
  [11, 'Discussion modèle'],
  [14, 'Catégorie'],
  [15, 'Discussion catégorie'],
  [829, 'Discussion module'],
]);

/** The wiki of the legacy run. */
export const SAMPLE_WIKI: SampleWiki = {
  dbname: 'samplewiki',
  siteName: 'Samplewiki',
  language: 'en',
  base: 'https://sample.example.org/wiki/Main_Page',
  namespaces: new Map(CANONICAL),
  pageLanguages: ['en', 'fr', 'ru', 'pl', 'ja', 'el', 'bn', 'zh', 'ar'],
  firstRevisionId: 1_200_000_000,
};

/** The wiki of the content file export; the export escapes nothing in its `<siteinfo>`, quotes and `>` included. */
export const SAMPLE_TWO_WIKI: SampleWiki = {
  dbname: 'sampletwowiki',
  siteName: 'L\'échantillon "deux" > un',
  language: 'fr',
  base: 'https://two.example.org/wiki/Accueil_principal',
  namespaces: new Map(CANONICAL.map(([key, name]) => [key, FRENCH.get(key) ?? name])),
  pageLanguages: ['fr', 'el', 'zh', 'ru', 'ar', 'bn', 'en'],
  firstRevisionId: 7000,
};
