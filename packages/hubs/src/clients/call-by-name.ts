// An object on which every method exists: calling it hands name and arguments over. Names come from the server's own
// code, never from a client.

/** `fixed` are members that are what they are. `then` is not callable by name: the object must not look like a promise. */
export function callByName<Callable extends object>(
  handle: (name: string, args: unknown[]) => unknown,
  fixed: Readonly<Record<string, unknown>> = {},
): Callable {
  return new Proxy(Object.freeze(Object.create(null)), {
    get(_target, name) {
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (Object.hasOwn(fixed, name)) return fixed[name];
      return (...args: unknown[]) => handle(name, args);
    },
  });
}
