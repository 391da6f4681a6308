// `@longhaul/hubs/testing`: hubs in tests of your own, without a network.
export type { ReceivedStream } from './testing/received-stream.ts';
export type { TestClient } from './testing/test-client.ts';
export { createTestHub, type TestConnectOptions, type TestHub, type TestHubOptions } from './testing/test-hub.ts';
