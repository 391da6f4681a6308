// The sheets that the toolbar opens: the limit of all, and the two questions before something happens to many transfers.
import type { DashboardState } from '../dashboard-state.ts';
import { bulkQuestion } from '../words/bulk-words.ts';
import { ActiveControl } from './active-control.tsx';
import { Help } from './help.tsx';
import { LimitControl } from './limit-control.tsx';
import { Panel } from './panel.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface PanelsProps {
  readonly state: DashboardState;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

export function Panels({ state, isLive, commands }: PanelsProps) {
  const { view, request, limits, arrangement } = state;
  const close = () => commands.view({ type: 'panel-closed' });
  const refusal =
    request?.type === 'failed' ? (
      <p class="refused" role="alert">
        {request.problem.message} {request.problem.fix}
      </p>
    ) : null;
  switch (view.panel) {
    case null:
      return null;
    case 'help':
      return <Help onClose={close} />;
    case 'limits': {
      const current = limits?.maxBytesPerSecond ?? null;
      const active = limits?.maxActive ?? null;
      return (
        <Panel title="Limits of all transfers together" onClose={close}>
          <h3>Speed, all together</h3>
          <LimitControl
            key={`rate ${current}`}
            current={current}
            label="Speed of all transfers together"
            isLive={isLive && limits !== null}
            onChoose={maxBytesPerSecond => commands.setLimits({ maxBytesPerSecond })}
          />
          <h3>Running at the same time</h3>
          <ActiveControl
            key={`active ${active}`}
            current={active}
            label="Transfers running at the same time"
            isLive={isLive && limits !== null}
            onChoose={maxActive => commands.setLimits({ maxActive })}
          />
          <p class="hint">
            The others wait their turn. With a smaller number those that run already go on to their end.
          </p>
          {refusal}
        </Panel>
      );
    }
    default: {
      const { panel } = view;
      const { title, text, yes, no } = bulkQuestion(
        panel,
        arrangement.counts,
        view.lists.transfers.query.trim() !== '',
      );
      const isAsked = request?.type === 'asked';
      return (
        <Panel title={title} onClose={close}>
          <p>{text}</p>
          <div class="choice">
            <button
              type="button"
              class="grave"
              aria-disabled={!isLive || isAsked}
              aria-busy={isAsked}
              onClick={() => {
                if (isLive && !isAsked) commands.actOnAll(panel);
              }}
            >
              {yes}
            </button>
            <button type="button" onClick={close}>
              {no}
            </button>
          </div>
          {refusal}
        </Panel>
      );
    }
  }
}
