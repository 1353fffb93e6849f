// Mocha's reporter `spec`, which at its end also lists why tests were skipped, and prints the seed of the random tests.
import Mocha from 'mocha';

// oxlint-disable-next-line import/no-default-export -- mocha takes the default export of a reporter
export { SpecWithSkips as default };

class SpecWithSkips extends Mocha.reporters.Spec {
  /** @type {Map<string, number>} tests by reason */
  #skipped = new Map();

  constructor(runner, options) {
    super(runner, options);
    runner.on('pending', (test) => {
      const reason = reasonOf(test.fullTitle());
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
    });
  }

  epilogue() {
    super.epilogue();
    const { consoleLog } = Mocha.reporters.Base;
    consoleLog('  Random tests: WIKIFLEET_FUZZ_SEED=%s', process.env.WIKIFLEET_FUZZ_SEED);
    if (this.#skipped.size === 0) return consoleLog();
    const reasons = [...this.#skipped].sort(([, a], [, b]) => b - a);
    consoleLog('  Skipped tests, by what they need:');
    for (const [reason, tests] of reasons) consoleLog('  %s  %s', String(tests).padStart(5), reason);
    consoleLog();
  }
}

/** `(skipped: REASON)` stands in the name of the suite or at the end of the test's title; a reason may contain parentheses. */
function reasonOf(title) {
  return /\(skipped: ([^()]*(?:\([^()]*\)[^()]*)*)\)/.exec(title)?.[1] ?? 'no reason given';
}
