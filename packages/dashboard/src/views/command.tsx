// A command to type in a terminal, with a button that copies it.
import { useEffect, useState } from 'preact/hooks';
import { CheckIcon, CopyIcon } from './icons.tsx';

const shownForMs = 2_000;

export function Command({ line }: { line: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), shownForMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Where the clipboard is denied the text can still be selected by one click.
  const copy = () =>
    navigator.clipboard.writeText(line).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <span class="command">
      <code>{line}</code>
      <button type="button" class="quiet" onClick={copy} aria-label={isCopied ? 'Copied' : `Copy: ${line}`}>
        {isCopied ? <CheckIcon /> : <CopyIcon />}
      </button>
    </span>
  );
}
