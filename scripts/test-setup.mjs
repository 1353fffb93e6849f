// Loaded by mocha before the tests, in each of its processes.
import fc from 'fast-check';
import Mocha from 'mocha';

// Node 20 works until the AWS SDK drops it, in 2027; its warning in the middle of the tests' output helps nobody.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// Random tests have a fixed seed, so that a run says the same every time; the long run draws a new one. The reporter prints it.
process.env.WIKIFLEET_FUZZ_SEED ??=
  process.env.WIKIFLEET_LONG_TESTS === '1' ? String(Date.now() % 2 ** 31) : '20261201';
fc.configureGlobal({ seed: Number(process.env.WIKIFLEET_FUZZ_SEED) });

/**
 * Skips the test, or all tests of the suite when called in a `before` hook, and appends `(skipped: REASON)` to the titles:
 * test-reporter.mjs reads it there. A title is all that a worker process of mocha sends about a skipped test.
 * @param {string} reason what the test needs
 */
Mocha.Context.prototype.skip = function skip(reason) {
  const runnable = this.runnable();
  const tests = [];
  if (runnable.type !== 'hook') tests.push(runnable);
  else if (runnable.title.startsWith('"before each"')) tests.push(this.currentTest);
  else runnable.parent.eachTest((test) => tests.push(test));
  for (const test of tests)
    if (!test.fullTitle().includes('(skipped: ')) test.title += ` (skipped: ${reason ?? 'no reason given'})`;
  runnable.skip();
};
