// One named deadline for each key: setting it again moves it.

export class Timers {
  readonly #timers = new Map<string, NodeJS.Timeout>();

  set(key: string, delayMs: number, act: () => void): void {
    this.clear(key);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      act();
    }, delayMs);
    this.#timers.set(key, timer);
  }

  clear(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  clearAll(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
