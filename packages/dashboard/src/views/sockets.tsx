// The page of parked sockets: who owns what, since when, last wake, why it is over.
import type { DashboardState } from '../dashboard-state.ts';
import type { SocketGroup } from '../sockets/socket-rows.ts';
import { socketGroupWords } from '../words/socket-words.ts';
import { ListToolbar } from './list-toolbar.tsx';
import { Panel } from './panel.tsx';
import { Panels } from './panels.tsx';
import { Rows } from './rows.tsx';
import { SocketRow } from './socket-row.tsx';
import { Threshold } from './threshold.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface SocketsProps {
  readonly state: DashboardState;
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

export function Sockets({ state, now, isLive, commands }: SocketsProps) {
  const { sockets, socketRows, tasks, activities, view } = state;
  const list = view.lists.sockets;
  if (sockets === null) return <Threshold title={null} text="Asking the agent for its sockets…" />;
  if (sockets.size === 0) {
    return (
      <>
        <Panels state={state} isLive={isLive} commands={commands} />
        <Threshold
          title="Nothing is parked"
          text="An app that hands a socket over may exit: it shows up here, and traffic starts its task with the socket in its hands."
        />
      </>
    );
  }
  return (
    <>
      <ListToolbar
        view={view}
        label="Filter by id, app, address or status"
        found={socketRows.found}
        total={sockets.size}
        noun="socket"
        commands={commands}
      />
      <Panels state={state} isLive={isLive} commands={commands} />
      {list.openId !== null && !sockets.has(list.openId) && (
        <Panel title="This socket is no longer in the list" onClose={() => commands.open(null)}>
          <p>It was removed, or it belongs to another agent.</p>
        </Panel>
      )}
      {socketRows.found === 0 ? (
        <p class="nothing-found">No socket has all of these words in its id, app, address or status.</p>
      ) : (
        <Rows groups={socketRows.groups} titleOf={group => socketGroupWords[group as SocketGroup]} list={list}>
          {(id, place) => {
            const record = sockets.get(id)?.record;
            if (record === undefined) throw new Error(`no socket ${id} for its row`);
            const isOpen = list.openId === id;
            return (
              <SocketRow
                key={id}
                record={record}
                activity={activities.get(id)}
                now={now}
                isLive={isLive}
                isOpen={isOpen}
                task={isOpen ? tasks?.records.get(record.taskId) : undefined}
                runs={(isOpen ? tasks?.entries.get(record.taskId)?.runs : undefined) ?? noRuns}
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

const noRuns: readonly never[] = [];
