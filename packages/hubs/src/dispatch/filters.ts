// Hub filters as one function around what they surround: the first one listed is the outermost (§10).
import type { HubFilter, HubInvocation } from '../hub-filter.ts';

export type AroundMethod = (invocation: HubInvocation, invoke: (args: readonly unknown[]) => unknown) => unknown;

/** `undefined` when no filter cares: then calls pay nothing. */
export function aroundMethod(filters: readonly HubFilter[]): AroundMethod | undefined {
  const hooks = filters.flatMap(filter => (filter.invokeMethod === undefined ? [] : [filter]));
  if (hooks.length === 0) return undefined;
  return (invocation, invoke) => {
    const layer = (depth: number, args: readonly unknown[]): unknown => {
      const hook = hooks[depth];
      if (hook === undefined) return invoke(args);
      return hook.invokeMethod!({ ...invocation, args }, async (replaced = args) => layer(depth + 1, replaced));
    };
    return layer(0, invocation.args);
  };
}

/** `hooks` around `innermost`, for the two events of a connection. */
export async function aroundEvent(
  hooks: readonly ((next: () => Promise<void>) => unknown)[],
  innermost: () => unknown,
): Promise<void> {
  const layer = async (depth: number): Promise<void> => {
    const hook = hooks[depth];
    await (hook === undefined ? innermost() : hook(() => layer(depth + 1)));
  };
  await layer(0);
}
