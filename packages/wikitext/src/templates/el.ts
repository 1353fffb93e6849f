import type { TemplateTable } from './template-tables.js';

/** Of the Greek Wikipedia, beside the English names that it uses too. */
export const GREEK_TEMPLATES: TemplateTable = [
  ['{2|text}', 'γλώσσα, ξεν'],
  ['{@convert}', 'μετατροπή'],
  ['{1}', 'απόσπασμα κειμένου, χωρίς αλλαγή'],
  [
    '{@date 1 d}',
    'ημερομηνία γέννησης, ημερομηνία θανάτου, ημερομηνία γέννησης και ηλικία, ημερομηνία θανάτου και ηλικία',
  ],
  ['\n\n{1|κείμενο}[\n— {2|συγγραφέας}[, {3|πηγή}]]\n\n', 'απόσπασμα, παράθεση'],
  ['{1}', 'μικρό κείμενο, μικρό'],
];
