// What is asked before something happens to many transfers at once. Pure.
import type { GroupCounts } from '../transfers/transfer-groups.ts';
import type { BulkAction } from '../view-state.ts';
import { countInWords } from './page-words.ts';

export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
}

/** How many an action would concern. */
export const concernedBy = (action: BulkAction, counts: GroupCounts): number =>
  action === 'cancel-all' ? counts.running + counts.waiting + counts.paused : counts.failed + counts.finished;

export function bulkQuestion(action: BulkAction, counts: GroupCounts, isFiltered: boolean): Question {
  const many = countInWords(concernedBy(action, counts), 'transfer');
  const hidden = isFiltered ? ' Those that the filter hides are among them.' : '';
  if (action === 'cancel-all') {
    return {
      title: `Cancel ${many}?`,
      text: `All that run, wait or are paused end now, and what they have received is thrown away.${hidden}`,
      yes: `Cancel ${many}`,
      no: 'Let them go on',
    };
  }
  return {
    title: `Remove ${many} from the list?`,
    text: `All that are completed, failed or canceled. Files that are complete stay where they are.${hidden}`,
    yes: `Remove ${many}`,
    no: 'Keep them',
  };
}
