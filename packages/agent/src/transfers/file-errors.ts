// What the file system reports, as a code of the errors table, and whether a person can repair it. Pure.
import { type ErrorCode, LonghaulError } from '@longhaul/agent-protocol';

const codes: Readonly<Record<string, ErrorCode>> = Object.freeze({
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EFBIG: 'file-too-large',
  ENOENT: 'target-folder-missing',
  ENOTDIR: 'target-folder-missing',
  EACCES: 'target-not-writable',
  EPERM: 'target-not-writable',
  EROFS: 'target-not-writable',
  EIO: 'target-not-writable',
  ESTALE: 'target-not-writable',
  ENODEV: 'target-not-writable',
  ENXIO: 'target-not-writable',
  ELOOP: 'unsafe-path',
});

/** Our own errors as they are; what the system says about `file` with a code; anything else as `internal`. */
export function fileError(file: string, error: unknown): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const systemCode = error instanceof Error && 'code' in error ? String(error.code) : '';
  const code = codes[systemCode] ?? 'internal';
  const why = code === 'disk-full' ? 'the file system is full' : error instanceof Error ? error.message : String(error);
  return new LonghaulError(code, `${file} could not be written: ${why}.`, { cause: error });
}

/** Held (`paused-system-policy`) until somebody has repaired it and resumes; nothing received is lost. Decision 033. */
const repairable = new Set<ErrorCode>(['disk-full', 'target-folder-missing', 'target-not-writable']);
export const isRepairable = (error: LonghaulError): boolean => repairable.has(error.code);
