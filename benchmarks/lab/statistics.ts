// Numbers of rounds into medians, quantiles and ratios. Pure.

/** The value below which a share `q` (0 to 1) of `values` lies, by the nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error('there is no quantile of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('there is no median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export type Figures = Readonly<Record<string, number>>;

/** Median of each figure over the rounds, for each subject. */
export function medians(rounds: readonly Readonly<Record<string, Figures>>[]): Record<string, Record<string, number>> {
  const result: Record<string, Record<string, number>> = {};
  for (const subject of Object.keys(rounds[0] ?? {})) {
    const names = Object.keys(rounds[0]![subject]!);
    result[subject] = Object.fromEntries(
      names.map(name => [name, rounded(median(rounds.map(round => round[subject]![name]!)))]),
    );
  }
  return result;
}

/** Every subject's medians over those of `base`. */
export function ratiosTo(base: string, of: Readonly<Record<string, Figures>>): Record<string, Record<string, number>> {
  const against = of[base];
  if (against === undefined) throw new Error(`there are no figures of ${base}`);
  return Object.fromEntries(
    Object.entries(of).map(([subject, figures]) => [
      subject,
      Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value / against[name]!)])),
    ]),
  );
}

/** Four significant digits: more than any of these measurements has. */
export const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value);
