// PURE. The agent's status as people read it.
import type { AgentStatus } from '@longhaul/agent-protocol';
import { factsText } from './record-text.ts';

export const statusText = (status: AgentStatus): string[] =>
  factsText([
    ['Agent', `runs, version ${status.version}`],
    ['Process', `${status.pid}, keeper ${status.keeperPid}`],
    ['Spare task host', status.spareHostPid?.toString()],
    ['Socket', status.socket],
    ['Dashboard', status.dashboardUrl ?? 'closed; open it with: longhaul dashboard'],
    ['Since', new Date(status.startedAt).toISOString()],
  ]);
