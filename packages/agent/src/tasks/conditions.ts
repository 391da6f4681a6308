// Waiting until something is true that only changes when somebody says so.

export class Conditions {
  readonly #waiting = new Set<() => void>();

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>(resolve => this.#waiting.add(resolve));
  }

  /** Everybody looks again. */
  changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
