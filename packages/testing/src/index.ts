// Private test helpers of all packages; nothing here is published.
export { byteSplits, singleBytes } from './byte-splits.ts';
export { leakCheck } from './leak-check.ts';
export { type SeededRandom, seededRandom } from './seeded-random.ts';
export { waitFor } from './wait-for.ts';
