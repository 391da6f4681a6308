// The page of background tasks: which code is started by what, and how each run went.
import type { SocketRecord } from '@longhaul/agent-protocol';
import type { DashboardState } from '../dashboard-state.ts';
import type { TaskGroup } from '../tasks/task-rows.ts';
import { taskGroupWords } from '../words/task-words.ts';
import { ListToolbar } from './list-toolbar.tsx';
import { Panel } from './panel.tsx';
import { Panels } from './panels.tsx';
import { Rows } from './rows.tsx';
import { TaskRow } from './task-row.tsx';
import { Threshold } from './threshold.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface TasksProps {
  readonly state: DashboardState;
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

export function Tasks({ state, now, isLive, commands }: TasksProps) {
  const { tasks, taskRows, sockets, run, activities, view } = state;
  const list = view.lists.tasks;
  if (tasks === null) return <Threshold title={null} text="Asking the agent for its tasks…" />;
  if (tasks.entries.size === 0) {
    return (
      <>
        <Panels state={state} isLive={isLive} commands={commands} />
        <Threshold
          title="No tasks are registered"
          text="A task is code of an app that the agent starts while the app is gone. It shows up here with every run, and with what went wrong."
        />
      </>
    );
  }
  return (
    <>
      <ListToolbar
        view={view}
        label="Filter by name, app or entry point"
        found={taskRows.found}
        total={tasks.entries.size}
        noun="task"
        commands={commands}
      />
      <Panels state={state} isLive={isLive} commands={commands} />
      {list.openId !== null && !tasks.entries.has(list.openId) && (
        <Panel title="This task is no longer in the list" onClose={() => commands.open(null)}>
          <p>It was unregistered, or it belongs to another agent.</p>
        </Panel>
      )}
      {taskRows.found === 0 ? (
        <p class="nothing-found">No task has all of these words in its name, app, entry point or sockets.</p>
      ) : (
        <Rows groups={taskRows.groups} titleOf={group => taskGroupWords[group as TaskGroup]} list={list}>
          {(id, place) => {
            const entry = tasks.entries.get(id);
            if (entry === undefined) throw new Error(`no task ${id} for its row`);
            const isOpen = list.openId === id;
            const socketsOfApp = (): SocketRecord[] =>
              [...(sockets?.values() ?? [])].map(({ record }) => record).filter(({ app }) => app === entry.app);
            return (
              <TaskRow
                key={id}
                entry={entry}
                now={now}
                isLive={isLive}
                isOpen={isOpen}
                runId={isOpen ? list.runId : null}
                known={isOpen ? run : null}
                activities={isOpen ? activities : null}
                sockets={isOpen ? socketsOfApp() : noSockets}
                commands={commands}
                {...place}
              />
            );
          }}
        </Rows>
      )}
    </>
  );
}

const noSockets: readonly SocketRecord[] = [];
