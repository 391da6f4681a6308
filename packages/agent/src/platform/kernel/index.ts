// @longhaul/agent/kernel: descriptors and messages that carry them, for the SDK and the task hosts. Linux on x64 and arm64;
// elsewhere, or without koffi, every call but `whyNotSupported` and `isSupportedHere` is refused with `not-supported-here`.
export { Channel, type ChannelListener, type ChannelOptions } from './channel.ts';
export { Descriptor } from './descriptor.ts';
export { isSupportedHere, whyNotSupported } from './libc.ts';
export { dieWithParent } from './parent.ts';
export { connectTo, type SocketFacts, shutDown, socketFacts, socketPair } from './sockets.ts';
