// A response head as every source of bytes hands it over: status, and fields looked up without regard to case.

export class ResponseHead {
  readonly status: number;
  /** Name and value pairs in wire order and case. */
  readonly fields: readonly (readonly [string, string])[];

  constructor(status: number, fields: readonly (readonly [string, string])[]) {
    this.status = status;
    this.fields = fields;
  }

  /** From the flat list of node:http (`rawHeaders`). */
  static fromRaw(status: number, raw: readonly string[]): ResponseHead {
    const fields: [string, string][] = [];
    for (let index = 0; index + 1 < raw.length; index += 2) fields.push([raw[index]!, raw[index + 1]!]);
    return new ResponseHead(status, fields);
  }

  /** The field's one value; several equal lines count as one, different ones are joined by a comma as RFC 9110, 5.2 says. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    const values = new Set(
      this.fields.filter(([field]) => field.toLowerCase() === wanted).map(([, value]) => value.trim()),
    );
    return values.size === 0 ? undefined : [...values].join(', ');
  }
}
