// The page: head, lists, notice, the rows of one list, foot.
import type { ComponentChildren } from 'preact';
import type { DashboardState } from '../dashboard-state.ts';
import type { TransferList } from '../transfers/transfer-list.ts';
import { rateInWords } from '../words/amounts.ts';
import { spanInWords } from '../words/durations.ts';
import { ageOfPicture, downloadCommand, linkWords, type Notice, noticeOf, summaryOf } from '../words/page-words.ts';
import { Command } from './command.tsx';
import { Mark } from './icons.tsx';
import { Pages } from './pages.tsx';
import { Panel } from './panel.tsx';
import { Panels } from './panels.tsx';
import { Sockets } from './sockets.tsx';
import { Tasks } from './tasks.tsx';
import { Threshold } from './threshold.tsx';
import { Toolbar } from './toolbar.tsx';
import { Transfers } from './transfers.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface AppCommands extends ViewCommands {
  /** Do not wait for the planned attempt. */
  connectNow(): void;
}

export interface AppProps {
  readonly state: DashboardState;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What a screen reader is told next. */
  readonly announcement: string;
  readonly commands: AppCommands;
}

export function App({ state, now, announcement, commands }: AppProps) {
  const { link, transfers } = state;
  const isLive = link.name === 'live';
  const notice = noticeOf(link, now);
  return (
    <>
      <Head state={state} isLive={isLive} />
      {transfers === null ? null : <Pages state={state} />}
      <main data-link={link.name}>
        {notice !== null && transfers !== null && (
          <Banner notice={notice} age={ageOfPicture(link, now)}>
            {link.name === 'reconnecting' && (
              <button type="button" aria-disabled={link.nextAttemptAt === null} onClick={commands.connectNow}>
                Try now
              </button>
            )}
          </Banner>
        )}
        {transfers === null ? (
          <Threshold
            title={notice?.title ?? null}
            text={notice?.text ?? 'Connecting to the agent…'}
            command={notice?.command ?? null}
          />
        ) : (
          <List state={state} now={now} isLive={isLive} commands={commands} />
        )}
      </main>
      {isLive && state.agent !== null && (
        <footer>
          Agent {state.agent.version} · process {state.agent.pid} · up for {spanInWords(now - state.agent.startedAt)}.
          Transfers go on when this page is closed.
        </footer>
      )}
      <p class="unseen" role="status" aria-live="polite">
        {announcement}
      </p>
    </>
  );
}

interface ListProps {
  readonly state: DashboardState;
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

const List = (props: ListProps) => {
  const { page } = props.state.view;
  if (page === 'sockets') return <Sockets {...props} />;
  return page === 'tasks' ? <Tasks {...props} /> : <TransfersPage {...props} />;
};

function TransfersPage({ state, now, isLive, commands }: ListProps) {
  const { view, arrangement, transfers } = state;
  const { openId } = view.lists.transfers;
  const total = transfers?.size ?? 0;
  if (total === 0) {
    return (
      <>
        <Panels state={state} isLive={isLive} commands={commands} />
        <Threshold
          title="Nothing on the road"
          text="Downloads show up here as soon as a program or you start one. In a terminal:"
          command={downloadCommand}
        />
      </>
    );
  }
  return (
    <>
      <Toolbar
        view={view}
        found={arrangement.found}
        total={total}
        counts={arrangement.counts}
        limits={state.limits}
        commands={commands}
      />
      <Panels state={state} isLive={isLive} commands={commands} />
      {openId !== null && transfers?.has(openId) === false && (
        <Panel title="This transfer is no longer in the list" onClose={() => commands.open(null)}>
          <p>It was removed, or it belongs to another agent.</p>
        </Panel>
      )}
      {arrangement.found === 0 ? (
        <p class="nothing-found">No transfer has all of these words in its name, address or status.</p>
      ) : (
        <Transfers state={state} now={now} isLive={isLive} commands={commands} />
      )}
    </>
  );
}

function Head({ state, isLive }: { state: DashboardState; isLive: boolean }) {
  const { link, transfers } = state;
  const rate = isLive && transfers !== null ? totalRate(transfers) : 0;
  return (
    <header>
      <h1>
        <Mark />
        Longhaul
      </h1>
      <p class="summary">{summaryOf(state).replace(/(\d) /g, '$1\u00A0')}</p>
      {rate > 0 && (
        <p class="total-rate" title="All running transfers together">
          {rateInWords(rate)}
        </p>
      )}
      <p class="link" data-link={link.name}>
        {linkWords[link.name]}
      </p>
    </header>
  );
}

const totalRate = (list: TransferList): number =>
  list.values().reduce((sum, { record }) => sum + (record.status === 'running' ? record.bytesPerSecond : 0), 0);

function Banner({ notice, age, children }: { notice: Notice; age: string | null; children: ComponentChildren }) {
  return (
    <section class="banner" aria-label={notice.title}>
      <div>
        <h2>{notice.title}</h2>
        <p>
          {notice.text} {notice.command !== null && <Command line={notice.command} />}
        </p>
        {age !== null && <p class="age">{age}.</p>}
      </div>
      {children}
    </section>
  );
}
