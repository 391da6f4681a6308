// The part of the Standard Schema interface (standardschema.dev, version 1) that argument validation needs. Valibot, Zod,
// ArkType and others implement it; only this shape is used, so none of them is a dependency.

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema gives after validation. */
export type SchemaOutput<S> = S extends StandardSchema<infer _Input, infer Output> ? Output : never;
