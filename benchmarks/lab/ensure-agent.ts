// Starts an agent of what is built, when it is run without the workspace's condition.
import { ensureAgent } from '@longhaul/agent/launch';

await ensureAgent();
