// The package's one `any`: types that only the author of a hub knows (parameters and results of methods that are inferred
// from the hub and flow to its clients unchanged). Values from the wire are `unknown`, never this.

// biome-ignore lint/suspicious/noExplicitAny: inference of hub methods needs a type that fits in both directions
export type Loose = any;
