/** What was opened, released last-in first-out; the first error wins, and the later releases still run. */
export class ReleaseStack {
  readonly #releases: (() => void | Promise<void>)[] = [];

  /** Has `release` called at the end; returns `resource`, so that opening and deferring are one line. */
  defer<T>(resource: T, release: (resource: T) => void | Promise<void>): T {
    this.#releases.push(() => release(resource));
    return resource;
  }

  /** May be called twice: each resource is released once. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
