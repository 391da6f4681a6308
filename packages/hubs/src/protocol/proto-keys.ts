// Takes `__proto__` keys out of parsed JSON. JSON.parse makes plain own properties of them, harmless by themselves, but
// application code that copies such an object (`Object.assign({}, item)`) would give its copy a prototype of the
// client's choice. Iterative, so that deep nesting costs no stack.

/** `value` itself, cleaned in place. `source` is the JSON text it came from: most texts cannot contain the key. */
export function withoutProtoKeys(value: unknown, source: string): unknown {
  if (!mayNameProto(source)) return value;
  const open: unknown[] = [value];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item !== 'object' || item === null) continue;
    if (Object.hasOwn(item, '__proto__')) Reflect.deleteProperty(item, '__proto__');
    for (const child of Object.values(item)) {
      if (typeof child === 'object' && child !== null) open.push(child);
    }
  }
  return value;
}

/** The key as it is, or with any of its characters escaped (all of them are below U+0080). */
function mayNameProto(source: string): boolean {
  return source.includes('__proto__') || source.includes('\\u00');
}
