// What every verb of the hub does before and after its own line: the caller's role is checked, the arguments are parsed, an
// error becomes one that the client may see. Which role has which verb stands in one table (verb-roles.ts).
import { type AgentClient, type AgentHub, LonghaulError, type Role } from '@longhaul/agent-protocol';
import type { HubCall } from '@longhaul/hubs';
import * as v from 'valibot';
import type { Caller } from './access.ts';
import { hubErrorOf } from './hub-errors.ts';
import { verbRoles } from './verb-roles.ts';

export type Call = HubCall<AgentClient, Caller>;
type Schema = v.GenericSchema;
type Outputs<Schemas extends readonly Schema[]> = { -readonly [I in keyof Schemas]: v.InferOutput<Schemas[I]> };

/** Makes a method of the hub: of its parsed arguments, and of who calls. */
export type Verb = <const Schemas extends readonly Schema[], Result>(
  name: keyof AgentHub,
  schemas: Schemas,
  act: (caller: Caller, args: Outputs<Schemas>, call: Call) => Result | Promise<Result>,
) => (call: Call, ...raw: unknown[]) => Promise<Result>;

export function createVerb(log: { error(facts: object, message: string): void }): Verb {
  return (name, schemas, act) =>
    async (call, ...raw) => {
      try {
        const caller = callerOf(call);
        const roles: readonly Role[] = verbRoles[name];
        if (!roles.includes(caller.scope.role)) {
          throw new LonghaulError('access-denied', `${name} is not for role "${caller.scope.role}"`);
        }
        return await act(caller, parseArguments(name, schemas, raw), call);
      } catch (error) {
        throw hubErrorOf(error, name, log);
      }
    };
}

/** The endpoint lets nobody in without a caller; should it ever, nothing works. */
export function callerOf(call: Call): Caller {
  if (call.user === undefined) throw new LonghaulError('access-denied', 'this connection has no caller');
  return call.user;
}

function parseArguments<const Schemas extends readonly Schema[]>(
  name: string,
  schemas: Schemas,
  raw: readonly unknown[],
): Outputs<Schemas> {
  if (raw.length !== schemas.length) {
    throw new LonghaulError('invalid-argument', `${name} takes ${schemas.length} arguments, not ${raw.length}`);
  }
  const parsed = schemas.map((schema, index) => {
    const result = v.safeParse(schema, raw[index]);
    if (result.success) return result.output;
    const [issue] = result.issues;
    const path = issue === undefined ? null : v.getDotPath(issue);
    throw new LonghaulError('invalid-argument', `${name}: ${path ?? `argument ${index + 1}`}: ${issue?.message}`);
  });
  return parsed as Outputs<Schemas>;
}
