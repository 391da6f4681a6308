// One run of an open task: a line, and opened why it went as it went and what it wrote.
import { isRunOver, type RunRecord, type SocketRecord } from '@longhaul/agent-protocol';
import type { Activity } from '../dashboard-state.ts';
import type { KnownRun } from '../tasks/known-run.ts';
import { runFactsOf, runRowOf } from '../tasks/task-row-model.ts';
import { logInWords } from '../words/task-words.ts';
import { ActionButton } from './action-button.tsx';
import { FactList } from './fact-list.tsx';
import { CancelIcon, OpenIcon } from './icons.tsx';
import { ProblemWords, Refusal } from './problem-view.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface RunItemProps {
  readonly run: RunRecord;
  /** All known ones of its task. */
  readonly runs: readonly RunRecord[];
  /** Those of its app. */
  readonly sockets: readonly SocketRecord[];
  readonly now: number;
  readonly isLive: boolean;
  readonly isOpen: boolean;
  /** What was told of the open one; `null` until then. */
  readonly known: KnownRun | null;
  readonly activity: Activity | undefined;
  readonly commands: ViewCommands;
}

export function RunItem({ run, runs, sockets, now, isLive, isOpen, known, activity, commands }: RunItemProps) {
  const row = runRowOf(run, runs, sockets, now);
  const detailsId = `run-${run.id}`;
  return (
    <li class="run" data-status={run.status} data-run={run.id}>
      <button
        type="button"
        class="run-name"
        aria-expanded={isOpen}
        aria-controls={isOpen ? detailsId : undefined}
        onClick={() => commands.openRun(isOpen ? null : run.id)}
      >
        <OpenIcon />
        <span class="mark-of-run" data-status={run.status} aria-hidden="true" />
        <strong class="status">{row.status}</strong>
        <span class="trigger">{row.trigger}</span>
        <span class="when">{row.when}</span>
        <span class="took">{row.took}</span>
      </button>
      {isRunOver(run.status) ? null : (
        <ActionButton
          action="cancel-run"
          words="Cancel"
          Icon={CancelIcon}
          about={row.trigger}
          activity={activity}
          isLive={isLive}
          onAsk={() => commands.cancelRun(run.id)}
        />
      )}
      {row.problem === null ? null : <ProblemWords problem={row.problem} />}
      <Refusal activity={activity} title="Not canceled" onDismiss={() => commands.dismiss(run.id)} />
      {isOpen ? (
        <div class="run-details" id={detailsId}>
          <FactList facts={runFactsOf(run, now)} />
          {known === null ? null : <Log log={known.details.log} />}
        </div>
      ) : null}
    </li>
  );
}

/** A long one scrolls by itself, by the keyboard too. */
const Log = ({ log }: { log: string }) =>
  log === '' ? (
    <p class="no-runs">It wrote nothing.</p>
  ) : (
    <figure class="log">
      <figcaption>
        <b>What it wrote</b>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre tabIndex={0}>{logInWords(log)}</pre>
    </figure>
  );
