// One transfer: name, route, numbers, words and buttons.
import type { Activity } from '../dashboard-state.ts';
import type { KnownDetails } from '../transfers/known-details.ts';
import { allowedActions, type TransferAction } from '../transfers/transfer-actions.ts';
import { groupOf } from '../transfers/transfer-groups.ts';
import type { TransferEntry } from '../transfers/transfer-list.ts';
import { rowOf } from '../transfers/transfer-row-model.ts';
import { fileInWords } from '../words/place-words.ts';
import { ActionButton } from './action-button.tsx';
import { CancelIcon, PauseIcon, RemoveIcon, ResumeIcon, RetryIcon } from './icons.tsx';
import { ProblemWords, Refusal } from './problem-view.tsx';
import { RouteBar } from './route-bar.tsx';
import { detailsIdOf, RowItem, RowName, RowView } from './row-item.tsx';
import { TransferDetails } from './transfer-details.tsx';
import type { ViewCommands } from './view-commands.ts';

const buttons = {
  pause: { words: 'Pause', failed: 'Not paused', Icon: PauseIcon },
  resume: { words: 'Resume', failed: 'Not resumed', Icon: ResumeIcon },
  cancel: { words: 'Cancel', failed: 'Not canceled', Icon: CancelIcon },
  retry: { words: 'Retry', failed: 'Not started again', Icon: RetryIcon },
  remove: { words: 'Remove', failed: 'Not removed', Icon: RemoveIcon },
} as const satisfies { [A in TransferAction]: object };

export interface TransferRowProps {
  readonly entry: TransferEntry;
  readonly activity: Activity | undefined;
  /** Milliseconds since the epoch; the same number as before where the words of this row need no clock. */
  readonly now: number;
  /** False while the page is cut off: what is shown is the last known state. */
  readonly isLive: boolean;
  readonly isOpen: boolean;
  /** Of the open one; `null` for the others, and until they are known. */
  readonly details: KnownDetails | null;
  /** Which of how many rows of its group; from 1. */
  readonly place: number;
  readonly places: number;
  readonly commands: ViewCommands;
}

export class TransferRow extends RowView<TransferRowProps> {
  override render({ entry, activity, now, isLive, isOpen, details, place, places, commands }: TransferRowProps) {
    const { record } = entry;
    const row = rowOf(entry, now, isLive);
    const file = fileInWords(record.file);
    return (
      <RowItem
        kind="transfer"
        id={record.id}
        status={record.status}
        group={groupOf(record.status)}
        place={place}
        places={places}
        commands={commands}
      >
        <div class="title">
          <RowName id={record.id} title={file.path} isOpen={isOpen} commands={commands}>
            <bdi class="name-head">{file.head}</bdi>
            <bdi class="name-tail">{file.tail}</bdi>
          </RowName>
          <p class="place">
            <span class="host" title={row.address}>
              {row.host}
            </span>
            <span class="arrow" aria-hidden="true">
              {record.kind === 'download' ? '→' : '←'}
            </span>
            <span class="folder" title={file.path}>
              {file.folder}
            </span>
            {row.app === null ? null : <span class="app">for {row.app}</span>}
          </p>
        </div>
        <div class="actions">
          {allowedActions(record).map(action => {
            const { words, Icon } = buttons[action];
            return (
              <ActionButton
                key={action}
                action={action}
                words={words}
                Icon={Icon}
                about={file.name}
                activity={activity}
                isLive={isLive}
                isStrong={action === 'resume' || action === 'retry'}
                onAsk={() => commands.act(action, record.id)}
              />
            );
          })}
        </div>
        <RouteBar
          label={`Progress of ${file.name}`}
          percent={row.percent}
          share={row.share}
          words={row.progressWords}
          isMoving={row.isMoving}
        />
        <div class="facts">
          <p class="words">
            <strong class="status">{row.status}</strong>
            {row.detail === null ? null : <span class="detail">{row.detail}</span>}
          </p>
          <p class="numbers">
            <span class="amount">{row.amount}</span>
            {row.percentWords === null ? null : <span class="percent">{row.percentWords}</span>}
            {row.rate === null ? null : <span class="rate">{row.rate}</span>}
            {row.limit === null ? null : <span class="own-limit">{row.limit}</span>}
            {row.timeLeft === null ? null : <span class="time-left">{row.timeLeft}</span>}
          </p>
        </div>
        {row.notes.map(note => (
          <p class="note" key={note}>
            {note}
          </p>
        ))}
        {row.problem === null ? null : <ProblemWords problem={row.problem} />}
        <Refusal activity={activity} title={refusalTitle(activity)} onDismiss={() => commands.dismiss(record.id)} />
        {isOpen ? (
          <TransferDetails
            id={detailsIdOf(record.id)}
            record={record}
            known={details}
            now={now}
            isLive={isLive}
            commands={commands}
          />
        ) : null}
      </RowItem>
    );
  }
}

const refusalTitle = (activity: Activity | undefined): string =>
  activity !== undefined && Object.hasOwn(buttons, activity.action)
    ? buttons[activity.action as TransferAction].failed
    : 'Limit not changed';
