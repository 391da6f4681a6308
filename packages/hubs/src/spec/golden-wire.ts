// `@longhaul/hubs/golden-wire`: golden tables of the hub protocols (§5, §6), as data: what stands on the wire, byte for byte,
// and the message that it is. For the tests of this package, and of anything else that speaks these protocols.

export { type GoldenBindingFailure, goldenBindingFailures } from './golden-binding-failures.ts';
export { type GoldenHandshake, goldenHandshakes } from './golden-handshakes.ts';
export { type GoldenMessage, goldenMessages } from './golden-messages.ts';
export { type GoldenReading, type GoldenRefusal, goldenReadings, goldenRefusals } from './golden-readings.ts';
export { type GoldenValue, goldenValues } from './golden-values.ts';
