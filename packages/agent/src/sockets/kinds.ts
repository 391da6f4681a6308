// Whether a descriptor is what it is declared to be (SB-04): asked of the kernel, whatever the sender says.
import { LonghaulError, type SocketKind } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { codeOf } from '../platform/kernel/libc.ts';
import { type SocketFacts, socketFacts } from '../platform/kernel/sockets.ts';

/** @throws LonghaulError `wrong-kind` for another kind of socket, `invalid-argument` for what is none */
export function requireKind(descriptor: Descriptor, kind: SocketKind): void {
  const facts = factsOf(descriptor);
  const real = kindOf(facts);
  if (real === kind) return;
  const what = real ?? `a socket of family "${facts.family}" and type "${facts.type}"`;
  throw new LonghaulError('wrong-kind', `what came as ${kind} is ${what}`, { data: { kind: real ?? null } });
}

function factsOf(descriptor: Descriptor): SocketFacts {
  try {
    return socketFacts(descriptor);
  } catch (cause) {
    if (codeOf(cause) !== 'ENOTSOCK') throw cause;
    throw new LonghaulError('invalid-argument', 'what came is no socket', { cause });
  }
}

function kindOf({ family, type, isListening }: SocketFacts): SocketKind | undefined {
  if (family === 'other') return undefined;
  if (type === 'datagram') return 'datagram-socket';
  if (type === 'stream') return isListening ? 'stream-socket-listener' : 'stream-socket';
  return undefined;
}
