declare namespace Mocha {
  interface Context {
    /** Skips the test, or in a `before` hook all tests of the suite, whose titles then say what they need (test-setup.mjs). */
    skip(reason: string): never;
  }
}
