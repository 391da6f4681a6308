// PURE. Messages of the door as bytes and back: parsed once, here.
import { FromSocketDoor, type ToSocketDoor } from '@longhaul/agent-protocol';
import * as v from 'valibot';

export const encodeToDoor = (message: ToSocketDoor): Buffer => Buffer.from(JSON.stringify(message));

/** `undefined` for anything that the agent does not say. */
export function parseFromDoor(bytes: Buffer): FromSocketDoor | undefined {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(FromSocketDoor, json);
  return parsed.success ? parsed.output : undefined;
}
