// One registered task: its code, how its last runs went, and opened all that is known of them.
import type { RunRecord, SocketRecord } from '@longhaul/agent-protocol';
import type { Activity } from '../dashboard-state.ts';
import { defaults } from '../options.ts';
import type { KnownRun } from '../tasks/known-run.ts';
import type { TaskEntry } from '../tasks/task-list.ts';
import { stripOfRuns, taskFactsOf, taskRowOf } from '../tasks/task-row-model.ts';
import { FactList } from './fact-list.tsx';
import { ProblemWords } from './problem-view.tsx';
import { detailsIdOf, RowItem, RowName, RowView } from './row-item.tsx';
import type { RowPlace } from './rows.tsx';
import { RunItem } from './run-item.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface TaskRowProps extends RowPlace {
  readonly entry: TaskEntry;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isLive: boolean;
  readonly isOpen: boolean;
  /** Of an open one: its open run, what was told about that, and what became of clicks. */
  readonly runId: string | null;
  readonly known: KnownRun | null;
  readonly activities: ReadonlyMap<string, Activity> | null;
  readonly sockets: readonly SocketRecord[];
  readonly commands: ViewCommands;
}

export class TaskRow extends RowView<TaskRowProps> {
  override render(props: TaskRowProps) {
    const { entry, now, isOpen, group, place, places, commands } = props;
    const { id, runs } = entry;
    const row = taskRowOf(entry, now);
    return (
      <RowItem
        kind="task"
        id={id}
        status={runs[0]?.status ?? 'never'}
        group={group}
        place={place}
        places={places}
        commands={commands}
      >
        <div class="title">
          <RowName id={id} title={row.name} isOpen={isOpen} commands={commands}>
            <bdi class="name-head">{row.name}</bdi>
          </RowName>
          <p class="place">
            {row.entryPoint === null ? null : (
              <span class="host" title={row.entryPoint}>
                {row.entryPoint}
              </span>
            )}
            <span class="app">of {row.app}</span>
          </p>
        </div>
        <RunStrip runs={runs} />
        <div class="facts">
          <p class="words">
            <strong class="status">{row.status}</strong>
            <span class="detail">{row.detail}</span>
          </p>
          <p class="numbers">
            <span>{row.runs}</span>
            {row.failed === null ? null : <span class="failed">{row.failed}</span>}
          </p>
        </div>
        {row.problem === null || isOpen ? null : <ProblemWords problem={row.problem} />}
        {isOpen ? <TaskDetails {...props} /> : null}
      </RowItem>
    );
  }
}

function RunStrip({ runs }: { runs: readonly RunRecord[] }) {
  if (runs.length === 0) return null;
  const { marks, words } = stripOfRuns(runs, defaults.runMarks);
  return (
    <div class="strip-of-runs" role="img" aria-label={words} title={words}>
      {marks.map(({ id, status }) => (
        <span key={id} class="mark-of-run" data-status={status} />
      ))}
    </div>
  );
}

function TaskDetails({ entry, now, isLive, runId, known, activities, sockets, commands }: TaskRowProps) {
  const { id, runs } = entry;
  const newest = runs.slice(0, defaults.shownRuns);
  // The open one is there however old it is.
  const opened = runs.find(run => run.id === runId);
  const shown = opened === undefined || newest.includes(opened) ? newest : [...newest, opened];
  const more = runs.length - shown.length;
  return (
    <div class="details" id={detailsIdOf(id)}>
      <FactList facts={taskFactsOf(entry, now)} />
      <section class="runs" aria-label="Runs">
        <h4>Runs, newest first</h4>
        {runs.length === 0 ? <p class="no-runs">It has not been started yet.</p> : null}
        <ol>
          {shown.map(run => (
            <RunItem
              key={run.id}
              run={run}
              runs={runs}
              sockets={sockets}
              now={now}
              isLive={isLive}
              isOpen={run.id === runId}
              known={run.id === runId && known?.details.id === run.id ? known : null}
              activity={activities?.get(run.id)}
              commands={commands}
            />
          ))}
        </ol>
        {more > 0 ? (
          <p class="no-runs">
            {more} more: longhaul tasks runs --task {id.slice(0, 8)}
          </p>
        ) : null}
      </section>
    </div>
  );
}
