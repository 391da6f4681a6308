// A program that has descriptors of its caller, starts the agent and ends without a word.
import { ensureAgent } from '../../src/launch/index.ts';

await ensureAgent();
