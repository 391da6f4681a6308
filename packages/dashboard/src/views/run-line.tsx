// One run in a line, as a link to all that is known of it.
import type { RunRecord } from '@longhaul/agent-protocol';
import { runRowOf } from '../tasks/task-row-model.ts';

export interface RunLineProps {
  readonly run: RunRecord;
  readonly now: number;
  readonly href: string;
}

export function RunLine({ run, now, href }: RunLineProps) {
  const row = runRowOf(run, [], [], now);
  return (
    <li class="run" data-status={run.status}>
      <a class="run-name" href={href}>
        <span class="mark-of-run" data-status={run.status} aria-hidden="true" />
        <strong class="status">{row.status}</strong>
        <span class="trigger">{row.trigger}</span>
        <span class="when">{row.when}</span>
        <span class="took">{row.took}</span>
      </a>
    </li>
  );
}
