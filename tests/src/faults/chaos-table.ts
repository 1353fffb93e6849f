import type { ChaosOutcome } from './chaos-run.js';
import { FAULTS } from './chaos-tally.js';

/** The figures of all seeds as Markdown: each fault, how often it was done, in all and in one seed at least and at most. */
export function chaosTable(outcomes: readonly ChaosOutcome[]): string[] {
  const sum = (of: (outcome: ChaosOutcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0);
  const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const line = (name: string, of: (outcome: ChaosOutcome) => number): string => {
    const each = outcomes.map(of);
    return row(name, sum(of), each.length === 0 ? 0 : Math.min(...each), each.length === 0 ? 0 : Math.max(...each));
  };
  return [
    row(`${outcomes.length} seeds`, 'in all', 'least', 'most'),
    row('---', '--:', '--:', '--:'),
    ...FAULTS.map((fault) => line(fault, ({ tally }) => tally.counts.get(fault) ?? 0)),
    line('**faults survived**', ({ tally }) => tally.total),
    line('splits found converted before', ({ events }) => events.get('split_converted_before') ?? 0),
    line('keys of superseded plans that came late', ({ leftovers }) => leftovers),
    line('rows', ({ snapshot }) => snapshot.rows),
    line('**rows lost**', ({ lost }) => lost),
    line('**rows doubled**', ({ doubled }) => doubled),
    line('seconds', ({ seconds }) => Math.round(seconds)),
  ];
}
