/**
 * Titles of sections that hold references and not prose: they are left out of the text unless `keepReferenceSections` is set.
 * All languages' titles hold in all wikis. Compared without regard to case; separated by `|`.
 */
const TITLES = [
  // English
  'References|Reference|Notes|Note|Footnotes|Footnote|Citations|Sources|Source|Bibliography|Further reading|External links|External link|Works cited|General references|General sources|Notes and references|References and notes|Notes and citations|Citations and references|Explanatory notes|Notes and sources|References and sources|Sources and references|Cited sources|Cited works|Reference list|Literature cited|References and external links|References and further reading|Primary sources|Secondary sources|Endnotes|Select bibliography|Selected bibliography|Informational notes|References cited|Web links|Links|Sources and further reading|Further reading and external links|Bibliography and further reading|External sources|Online sources',
  'Einzelnachweise|Weblinks|Weblink|Literatur|Anmerkungen|Quellen|Fußnoten|Belege|Nachweise|Einzelnachweise und Anmerkungen|Anmerkungen und Einzelnachweise',
  'Notes et références|Références|Liens externes|Lien externe|Bibliographie|Notes|Sources|Annexes|Notes et sources',
  'Referencias|Enlaces externos|Bibliografía|Notas|Notas y referencias|Fuentes|Referencias y notas',
  'Note|Bibliografia|Collegamenti esterni|Fonti|Riferimenti',
  'Referências|Ligações externas|Bibliografia|Notas|Notas e referências|Fontes',
  'Примечания|Литература|Ссылки|Источники|Сноски|Библиография',
  'Примітки|Література|Посилання|Джерела',
  'Przypisy|Bibliografia|Linki zewnętrzne|Uwagi',
  'Referenties|Externe links|Externe link|Bronnen|Literatuur|Noten|Bronnen, noten en/of referenties',
  'Referenser|Externa länkar|Källor|Noter|Litteratur|Fotnoter',
  'Παραπομπές|Πηγές|Βιβλιογραφία|Εξωτερικοί σύνδεσμοι|Σημειώσεις|Παραπομπές - σημειώσεις|Υποσημειώσεις|Εξωτερικές συνδέσεις',
  'তথ্যসূত্র|বহিঃসংযোগ|আরও পড়ুন|আরো পড়ুন|টীকা|গ্রন্থপঞ্জি|পাদটীকা|উৎস|আরও দেখুন ও তথ্যসূত্র',
  '脚注|参考文献|外部リンク|出典|注釈|関連文献',
  '参考文献|外部链接|参考资料|注释|外部連結|參考文獻|參考資料|參考來源|註釋|延伸閱讀|扩展阅读|参考来源|註解',
  '각주|참고 문헌|외부 링크|참고문헌|출처',
  'مراجع|المراجع|وصلات خارجية|مصادر|المصادر|ملاحظات|هوامش',
  'הערות שוליים|קישורים חיצוניים|לקריאה נוספת|מקורות',
  'منابع|پیوند به بیرون|پانویس|یادداشت‌ها|جستارهای وابسته و منابع',
  'Kaynakça|Dış bağlantılar|Notlar|Konuyla ilgili yayınlar',
  'Reference|Externí odkazy|Literatura|Poznámky',
  'Jegyzetek|Források|További információk|Irodalom|Külső hivatkozások',
  'Lähteet|Aiheesta muualla|Kirjallisuutta|Viitteet',
  'सन्दर्भ|बाहरी कड़ियाँ|संदर्भ|टिप्पणी',
  'Tham khảo|Liên kết ngoài|Chú thích|Ghi chú|Đọc thêm',
  'Referensi|Pranala luar|Catatan|Bacaan lebih lanjut',
  'Referințe|Note|Legături externe|Bibliografie',
  'Референце|Спољашње везе|Литература|Напомене|Извори',
  'Referencer|Eksterne henvisninger|Kilder|Noter',
  'Referanser|Eksterne lenker|Litteratur|Kilder',
  'Referències|Enllaços externs|Bibliografia|Notes|Notes i referències',
];

export function* referenceSectionTitles(): Generator<string> {
  for (const titles of TITLES) yield* titles.split('|');
}
