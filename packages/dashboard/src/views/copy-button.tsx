// A button that copies a text and says that it did.
import { useEffect, useState } from 'preact/hooks';
import { CheckIcon, CopyIcon } from './icons.tsx';

const shownForMs = 2_000;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), shownForMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Where the clipboard is denied the text can still be selected by one click.
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <button type="button" class="quiet" onClick={copy} aria-label={isCopied ? 'Copied' : label}>
      {isCopied ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}
