// One parked socket: name, where it leads, who has it, when it was woken last, and why it is over.
import type { RunRecord, SocketRecord, TaskRecord } from '@longhaul/agent-protocol';
import type { Activity } from '../dashboard-state.ts';
import { fragmentOf, placeOf } from '../route.ts';
import { socketKey } from '../sockets/socket-list.ts';
import { runsOfSocket, socketFactsOf, socketRowOf } from '../sockets/socket-row-model.ts';
import { endCommand, isOverSocket } from '../words/socket-words.ts';
import { ActionButton } from './action-button.tsx';
import { Command } from './command.tsx';
import { FactList } from './fact-list.tsx';
import { RemoveIcon } from './icons.tsx';
import { ProblemWords, Refusal } from './problem-view.tsx';
import { detailsIdOf, RowItem, RowName, RowView } from './row-item.tsx';
import type { RowPlace } from './rows.tsx';
import { RunLine } from './run-line.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface SocketRowProps extends RowPlace {
  readonly record: SocketRecord;
  readonly activity: Activity | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isLive: boolean;
  readonly isOpen: boolean;
  /** Of an open one: the task it starts, and that task's runs, newest first. */
  readonly task: TaskRecord | undefined;
  readonly runs: readonly RunRecord[];
  readonly commands: ViewCommands;
}

const shownRuns = 5;

export class SocketRow extends RowView<SocketRowProps> {
  override render(props: SocketRowProps) {
    const { record, activity, now, isLive, isOpen, task, runs, group, place, places, commands } = props;
    const id = socketKey(record);
    const row = socketRowOf(record, now);
    const ofSocket = isOpen ? runsOfSocket(record, runs, shownRuns) : [];
    return (
      <RowItem
        kind="socket"
        id={id}
        status={record.restsUntil === null ? record.status : 'paused'}
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
            <span>{row.kind}</span>
            {row.place === null ? null : (
              <span class="host" title={row.place}>
                {row.place}
              </span>
            )}
            <span class="app">of {row.app}</span>
          </p>
        </div>
        {isOverSocket(record) ? (
          <div class="actions">
            <ActionButton
              action="remove-socket"
              words="Remove"
              Icon={RemoveIcon}
              about={row.name}
              activity={activity}
              isLive={isLive}
              onAsk={() => commands.removeSocket(id)}
            />
          </div>
        ) : null}
        <div class="facts">
          <p class="words">
            <strong class="status">{row.status}</strong>
            <span class="detail">{row.detail}</span>
          </p>
          <p class="numbers">
            <span>{row.wakes}</span>
            {row.lastWake === null ? null : <span>{row.lastWake}</span>}
          </p>
        </div>
        {row.why === null ? null : <ProblemWords problem={{ message: row.why, fix: row.fix }} />}
        <Refusal activity={activity} title="Not removed" onDismiss={() => commands.dismiss(id)} />
        {isOpen ? (
          <div class="details" id={detailsIdOf(id)}>
            <FactList facts={socketFactsOf(record, task, now)} />
            {ofSocket.length === 0 ? null : (
              <section class="runs" aria-label="Last runs for this socket">
                <h4>
                  Last runs <a href={fragmentOf(placeOf('tasks', record.taskId))}>All of its task</a>
                </h4>
                <ol>
                  {ofSocket.map(run => (
                    <RunLine key={run.id} run={run} now={now} href={fragmentOf(placeOf('tasks', run.taskId, run.id))} />
                  ))}
                </ol>
              </section>
            )}
            {isOverSocket(record) ? null : (
              <p class="end-command">
                To end this connection, in a terminal: <Command line={endCommand(record)} />
              </p>
            )}
          </div>
        ) : null}
      </RowItem>
    );
  }
}
