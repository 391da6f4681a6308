// The page where there are no rows: on the way in, in need of a link, or with nothing to show.
import { Command } from './command.tsx';
import { EmptyRoad } from './icons.tsx';

export interface ThresholdProps {
  readonly title: string | null;
  readonly text: string;
  /** A command that helps, to be copied. */
  readonly command?: string | null;
}

export const Threshold = ({ title, text, command = null }: ThresholdProps) => (
  <section class="threshold">
    <EmptyRoad />
    {title === null ? null : <h2>{title}</h2>}
    <p>{text}</p>
    {command === null ? null : <Command line={command} />}
  </section>
);
