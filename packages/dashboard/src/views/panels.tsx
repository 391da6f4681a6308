// The sheets that the toolbar opens: the limit of all, and the two questions before something happens to many transfers.
import type { DashboardState } from '../dashboard-state.ts';
import { bulkQuestion } from '../words/bulk-words.ts';
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
      return (
        <Panel title="Limit of all transfers together" onClose={close}>
          <LimitControl
            key={current}
            current={current}
            label="Limit of all transfers together"
            isLive={isLive && limits !== null}
            onChoose={bytesPerSecond => commands.limitAll(bytesPerSecond)}
          />
          {refusal}
        </Panel>
      );
    }
    default: {
      const { panel } = view;
      const { title, text, yes, no } = bulkQuestion(panel, arrangement.counts, view.query.trim() !== '');
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
