// A command to type in a terminal, with a button that copies it.
import { CopyButton } from './copy-button.tsx';

export const Command = ({ line }: { line: string }) => (
  <span class="command">
    <code>{line}</code>
    <CopyButton text={line} label={`Copy: ${line}`} />
  </span>
);
